import type { IoElement } from './avl-record.js';
import { IO_ELEMENTS } from './io-dictionary.generated.js';
import type { IoElementDefinition } from './io-element-definition.js';

export { IO_ELEMENTS };
export type { IoElementDefinition };

const VARIABLE = 16;
const ANY = 0xff;

const BY_ID: ReadonlyMap<number, IoElementDefinition> = new Map(IO_ELEMENTS.map((element) => [element.id, element]));

/** One byte for each possible id, because it is read for every element of every record. */
const SIGNED = signedIds();

/** For each id the widths that fit its definition, as bits: 1, 2, 4, 8, and VARIABLE. For ids without a definition all of them. */
const WIDTHS = definedWidths();

export function findIoElement(id: number): IoElementDefinition | null {
  return BY_ID.get(id) ?? null;
}

/** Whether the value is two's complement. Ids without a definition are unsigned. */
export function isSignedIo(id: number): boolean {
  return SIGNED[id] === 1;
}

/** Whether an element has a width for which the dictionary defines its id. */
export function fitsDefinition(element: IoElement): boolean {
  const wire = typeof element.value === 'object' ? VARIABLE : element.width;
  return ((WIDTHS[element.id] as number) & wire) !== 0;
}

function definedWidths(): Uint8Array {
  const widths = new Uint8Array(0x1_0000).fill(ANY);
  for (const { id, variable, width, otherWidths } of IO_ELEMENTS) {
    widths[id] = variable ? VARIABLE : otherWidths.reduce((bits, other) => bits | other, width ?? 0);
  }
  return widths;
}

function signedIds(): Uint8Array {
  const signed = new Uint8Array(0x1_0000);
  for (const element of IO_ELEMENTS) {
    signed[element.id] = element.type === 'signed' ? 1 : 0;
  }
  return signed;
}
