import { Matches } from 'class-validator';

/** The `:imei` of a path. */
export class ImeiParam {
  /**
   * 15 digits.
   * @example '350612345678901'
   */
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei!: string;
}
