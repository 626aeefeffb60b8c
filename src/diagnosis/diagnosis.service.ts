import { Injectable } from '@nestjs/common';
import { DiagnosisRepository } from './diagnosis.repository.js';
import { type Findings } from './findings.js';

/** Diagnoses a device. The findings of an unknown device are empty. */
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
