import { Module } from '@nestjs/common';
import { AdmissionController } from './admission.controller.js';
import { AdmissionService } from './admission.service.js';
import { NotAdmittedConnections } from './not-admitted-connections.js';
import { RegisteredDevicesRepository } from './registered-devices.repository.js';

/** The register of devices: which may talk, from where, and which may not. The login itself asks for it in `devices/`. */
@Module({
  controllers: [AdmissionController],
  providers: [AdmissionService, NotAdmittedConnections, RegisteredDevicesRepository],
})
export class AdmissionModule {}
