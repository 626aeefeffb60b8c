import { Logger } from '@nestjs/common';

// What a test provokes on purpose is not worth a line on the screen; processes of their own log where tests can read it.
Logger.overrideLogger(false);
