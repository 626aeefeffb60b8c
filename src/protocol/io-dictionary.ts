import { IO_ELEMENTS } from './io-dictionary.generated.js';
import type { IoElementDefinition } from './io-element-definition.js';

export { IO_ELEMENTS };
export type { IoElementDefinition };

const BY_ID: ReadonlyMap<number, IoElementDefinition> = new Map(IO_ELEMENTS.map((element) => [element.id, element]));

/** A byte for each id that two bytes can name, because it is asked for every element of every record. */
const SIGNED = signedIds();

export function findIoElement(id: number): IoElementDefinition | null {
  return BY_ID.get(id) ?? null;
}

/** Whether the value is two's complement. Ids without a definition are unsigned. */
export function isSignedIo(id: number): boolean {
  return SIGNED[id] === 1;
}

function signedIds(): Uint8Array {
  const signed = new Uint8Array(0x1_0000);
  for (const element of IO_ELEMENTS) {
    signed[element.id] = element.type === 'signed' ? 1 : 0;
  }
  return signed;
}
