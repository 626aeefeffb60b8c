import { findIoElement, type IoElementDefinition } from '../../protocol/io-dictionary.js';
import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';
import { type AttributeValue, type OddWidths, type StoredIo, type TelemetryRecord } from './telemetry-record.js';

const IDENTIFIER_BYTES = 8;
const IDENTIFIER_DIGITS = 2 * IDENTIFIER_BYTES;
/** Of 800, 839 and 840: Teltonika's table has a unit for them and leaves the multiplier blank. */
const UNKNOWN_SCALE = 'scale not known';

/** One attribute with its meaning. */
export interface ScaledElement {
  readonly id: number;
  readonly column: string | null;
  readonly name: string | null;
  readonly raw: AttributeValue;
  readonly value: AttributeValue | null;
  readonly unit: string | null;
  readonly meaning: string | null;
}

type Meaning = Pick<ScaledElement, 'name' | 'value' | 'unit' | 'meaning'>;

/** Every attribute of a record, those with a column first; of a repeated id every value, in the order of the record. */
export function scaledElements(attributes: TelemetryRecord['attributes'], io: StoredIo | null): ScaledElement[] {
  const widths = (io?.widths ?? {}) as OddWidths;
  const columns = ATTRIBUTE_COLUMNS.flatMap(({ avlId, name, type }, index) => {
    const all = io?.[avlId];
    if (Array.isArray(all)) {
      return scaledValues({ id: avlId, column: name, isText: false }, all as AttributeValue[], widths);
    }
    const value = attributes[index] ?? null;
    return value === null ? [] : scaledValues({ id: avlId, column: name, isText: type === 'text' }, [value], widths);
  });
  const withColumn = new Set(ATTRIBUTE_COLUMNS.map(({ avlId }) => String(avlId)));
  const others = Object.entries(io ?? {}).flatMap(([key, value]) => {
    // Keys that are not an AVL id are fields of the record that did not fit their column, and `widths`.
    if (!/^\d+$/.test(key) || (withColumn.has(key) && Array.isArray(value))) {
      return [];
    }
    const values = (Array.isArray(value) ? value : [value]) as AttributeValue[];
    return scaledValues({ id: Number(key), column: null, isText: false }, values, widths);
  });
  return [...columns, ...others];
}

/** The value as the API shows it: with the leading zeros that the number in its column has lost. */
export function shownValue(id: number, value: AttributeValue): AttributeValue {
  const minDigits = findIoElement(id)?.minDigits ?? null;
  return minDigits === null ? value : String(value).padStart(minDigits, '0');
}

interface Place {
  readonly id: number;
  readonly column: string | null;
  /** The stored value is text already, not hex. */
  readonly isText: boolean;
}

function scaledValues({ id, column, isText }: Place, values: readonly AttributeValue[], widths: OddWidths): ScaledElement[] {
  const definition = findIoElement(id);
  return values.map((stored, index) => {
    const raw = shownValue(id, stored);
    const width = [widths[id] ?? null].flat()[index] ?? null;
    const meaning = isText ? textMeaning(definition, raw) : meaningOf(definition, raw, width);
    return { id, column, raw, ...meaning };
  });
}

function textMeaning(definition: IoElementDefinition | null, value: AttributeValue): Meaning {
  return { name: definition?.name ?? null, value, unit: definition?.unit ?? null, meaning: null };
}

function meaningOf(definition: IoElementDefinition | null, raw: AttributeValue, width: number | null): Meaning {
  if (definition === null) {
    return { name: null, value: raw, unit: null, meaning: null };
  }
  const { name, unit, type } = definition;
  if (isIdentifier(definition) && /^\d+$/.test(String(raw)) && (width ?? 0) <= IDENTIFIER_BYTES) {
    return { name, unit, value: BigInt(raw).toString(16).padStart(IDENTIFIER_DIGITS, '0'), meaning: null };
  }
  if (!fitsDefinition(definition, raw, width)) {
    return { name: null, value: raw, unit: null, meaning: oddWidthMeaning(definition, width) };
  }
  if (type === 'ascii') {
    return { name, unit, value: textOfHex(String(raw)), meaning: null };
  }
  if (unit !== null && definition.multiplier === null && typeof raw === 'number') {
    return { name, value: raw, unit: null, meaning: UNKNOWN_SCALE };
  }
  return { name, unit, ...measured(definition, raw) };
}

function measured(
  { errors, doubts, values, multiplier }: IoElementDefinition,
  raw: AttributeValue,
): Pick<Meaning, 'value' | 'meaning'> {
  const key = String(raw);
  const error = errors?.[key];
  if (error !== undefined) {
    return { value: null, meaning: error };
  }
  const value = typeof raw === 'number' && multiplier !== null ? multiply(raw, multiplier) : raw;
  return { value, meaning: doubts?.[key] ?? values?.[key] ?? null };
}

function isIdentifier({ type, variable, width }: IoElementDefinition): boolean {
  return type === 'hex' && !variable && width === IDENTIFIER_BYTES;
}

/**
 * Newer records store which widths do not fit. For older records only a value outside its definition reveals that: a number
 * where bytes are defined, text where a number is, or a number outside the width.
 */
export function fitsDefinition(definition: IoElementDefinition, raw: AttributeValue, wireWidth: number | null): boolean {
  const { variable, width, otherWidths, type } = definition;
  if (variable) {
    return typeof raw === 'string' && (wireWidth === null || raw.length === 2 * wireWidth);
  }
  if (typeof raw !== (width === IDENTIFIER_BYTES ? 'string' : 'number')) {
    return false;
  }
  if (wireWidth !== null) {
    return wireWidth === width || otherWidths.includes(wireWidth);
  }
  if (typeof raw === 'string') {
    return /^-?\d+$/.test(raw);
  }
  const bits = 8 * Math.max(width ?? 0, ...otherWidths);
  const [least, most] = type === 'signed' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return raw >= least && raw <= most;
}

function oddWidthMeaning({ name, variable, width }: IoElementDefinition, wireWidth: number | null): string {
  const defined = variable ? 'variable length' : bytes(width ?? 0);
  const sent = wireWidth === null ? 'another width' : bytes(wireWidth);
  return `sent with ${sent === defined ? 'variable length' : sent}; the dictionary has this id as "${name}" with ${defined}`;
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

/** Text of the bytes without padding (NULs and blanks). The hex itself when the bytes are not text. */
function textOfHex(hex: string): string {
  const text = Buffer.from(hex, 'hex')
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
  return /^[\x20-\x7e]*$/.test(text) ? text : hex;
}

/** Rounded, so that 1001 times 0.001 is 1.001. */
export function multiply(raw: number, multiplier: number): number {
  return Number((raw * multiplier).toPrecision(12));
}
