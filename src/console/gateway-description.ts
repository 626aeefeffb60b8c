import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { ProcessSettings } from '../platform/config/settings.js';
import { packageVersion } from '../platform/database/sql-functions.js';
import { TeltonikaServer } from '../transport/teltonika-server.js';
import { type ConsoleSessionDto } from './console-session.dto.js';
import { ConsoleSettings } from './console.settings.js';
import { SimulatorProcess } from './simulator/simulator-process.js';
import { type SignedIn } from './sessions/console-sessions.js';

/** What the console has to know of the gateway that it comes from. */
@Injectable()
export class GatewayDescription implements OnModuleInit {
  private version = '';

  constructor(
    private readonly instance: Instance,
    private readonly devices: TeltonikaServer,
    private readonly process: ProcessSettings,
    private readonly settings: ConsoleSettings,
    private readonly simulator: SimulatorProcess,
  ) {}

  async onModuleInit(): Promise<void> {
    this.version = await packageVersion();
  }

  describe({ caller, expiresAt, csrfToken }: SignedIn): ConsoleSessionDto {
    const { keyId, name, scopes } = caller;
    const { port, tlsPort, udpPort } = this.devices;
    return {
      success: true,
      key: { keyId, name, scopes },
      expiresAt,
      csrfToken,
      gateway: {
        version: this.version,
        instance: this.instance.name,
        environment: this.process.NODE_ENV,
        devicePorts: { tcp: port, tls: tlsPort, udp: udpPort },
      },
      features: {
        simulator: this.simulator.isOffered,
        mapFile: this.settings.CONSOLE_MAP_FILE !== undefined,
        mapStyleUrl: this.settings.CONSOLE_MAP_STYLE_URL ?? null,
      },
    };
  }
}
