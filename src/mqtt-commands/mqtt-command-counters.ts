import { Injectable } from '@nestjs/common';

export const ANSWER_OUTCOMES = ['accepted', 'refused', 'failed'] as const;

type AnswerOutcome = (typeof ANSWER_OUTCOMES)[number];

/** What this instance has done with the messages of the broker since its start. */
@Injectable()
export class MqttCommandCounters {
  /** Messages, those that were delivered again included. */
  received = 0;
  /** Attempts to store a command that failed because the database was not available. */
  storingFailures = 0;
  /** Answers that the broker has refused or not acknowledged. */
  answersLost = 0;
  /** Refusals of a response topic by the broker. */
  topicsRefused = 0;
  /** Answers that were not published because of their topic. */
  answersWithheld = 0;
  /** Connections that failed or ended. */
  connectionFailures = 0;
  private readonly answers = new Map<AnswerOutcome, number>();

  countAnswer(outcome: AnswerOutcome): void {
    this.answers.set(outcome, this.answersOf(outcome) + 1);
  }

  answersOf(outcome: AnswerOutcome): number {
    return this.answers.get(outcome) ?? 0;
  }
}
