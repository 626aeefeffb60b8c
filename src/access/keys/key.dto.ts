import { ApiProperty } from '../../platform/http/open-api-decorators.js';
import { Matches } from 'class-validator';
import { SCOPES, type Scope } from '../scope.js';
import { type Key } from './key.js';

/** A key, without the key. */
export class KeyDto {
  /**
   * A 64-bit number in decimal.
   * @example '1'
   */
  readonly keyId!: string;
  /** @example 'app' */
  readonly name!: string;
  @ApiProperty({ enum: SCOPES, isArray: true, example: ['read', 'command'] })
  readonly scopes!: readonly Scope[];
  readonly createdAt!: Date;
  readonly expiresAt!: Date | null;
  readonly revokedAt!: Date | null;
  /** Up to a minute late; null: never. */
  readonly lastUsedAt!: Date | null;

  static from({ keyId, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt }: Key): KeyDto {
    return { keyId, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt };
  }
}

export class KeyMadeDto {
  readonly success!: true;
  readonly key!: KeyDto;
  /**
   * What goes into `x-api-key`. Shown this once: only its hash is kept.
   * @example 'iot_and_43_letters_digits_dashes_underscores'
   */
  readonly secret!: string;
}

export class KeyListDto {
  readonly success!: true;
  readonly count!: number;
  readonly keys!: KeyDto[];
}

export class KeyAnswerDto {
  readonly success!: true;
  readonly key!: KeyDto;
}

/** The `:id` of a path. */
export class KeyIdParam {
  /**
   * keyId
   * @example '1'
   */
  @Matches(/^\d{1,18}$/, { message: 'id must be a keyId: a number' })
  readonly id!: string;
}
