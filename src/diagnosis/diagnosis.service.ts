import { Injectable } from '@nestjs/common';
import { DiagnosisRepository } from './diagnosis.repository.js';
import { type Findings } from './findings.js';

/** What is wrong with a device. One that was never seen has empty findings. */
@Injectable()
export class DiagnosisService {
  constructor(private readonly repository: DiagnosisRepository) {}

  async examine(imei: string): Promise<Findings> {
    const [log, records, commands, { connectedSince, ...admission }] = await Promise.all([
      this.repository.readLog(imei),
      this.repository.readRecords(imei),
      this.repository.readCommands(imei),
      this.repository.readAdmission(imei),
    ]);
    return { connectedSince, log, records, commands, admission };
  }
}
