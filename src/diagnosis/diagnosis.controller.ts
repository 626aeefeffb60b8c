import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../platform/http/open-api-decorators.js';
import { ImeiParam } from '../platform/http/request-values.js';
import { type DiagnosisDto } from './diagnosis.dto.js';
import { DiagnosisService } from './diagnosis.service.js';
import { likelyCauses } from './likely-causes.js';

@ApiTags('Devices')
@Controller()
export class DiagnosisController {
  constructor(private readonly diagnosis: DiagnosisService) {}

  /** Diagnosis of a device: its last logins, refusals, disconnects and errors, and their likely causes. */
  @Get('devices/:imei/diagnosis')
  @ApiOperation({ operationId: 'diagnoseDevice' })
  async diagnose(@Param() { imei }: ImeiParam): Promise<DiagnosisDto> {
    const findings = await this.diagnosis.examine(imei);
    return { success: true, imei, likelyCauses: likelyCauses(findings), ...findings };
  }
}
