import { Module } from '@nestjs/common';
import { DiagnosisController } from './diagnosis.controller.js';
import { DiagnosisRepository } from './diagnosis.repository.js';
import { DiagnosisService } from './diagnosis.service.js';

/** The device doctor: reads what the other features have written of one device. */
@Module({ controllers: [DiagnosisController], providers: [DiagnosisRepository, DiagnosisService] })
export class DiagnosisModule {}
