import { type ComponentChildren } from 'preact';
import { Time } from '../../ui/time.js';
import { type TracedChunk } from './traced-chunks.js';

const LINE_BYTES = 16;

interface HexChunksProps {
  readonly chunks: readonly TracedChunk[];
  readonly actions: ComponentChildren;
}

/** Chunks as a hex dump: offset, bytes, and what of them is text. */
export function HexChunks({ chunks, actions }: HexChunksProps) {
  return (
    <>
      <div class="hex-bar">
        <span class="soft">The newest first, at most 100 chunks</span>
        <span class="panel-actions">{actions}</span>
      </div>
      <div class="hex" tabIndex={0} role="group" aria-label="Bytes of the device">
        <ol class="hex-chunks" aria-label="Bytes">
          {chunks.map((chunk) => (
            <Chunk key={`${chunk.instance} ${chunk.number}`} chunk={chunk} />
          ))}
        </ol>
      </div>
    </>
  );
}

function Chunk({ chunk: { direction, at, size, hex } }: { readonly chunk: TracedChunk }) {
  const isIn = direction === 'in';
  const shown = hex.length / 2;
  return (
    <li class={`hex-chunk hex-${direction}`}>
      <p class="hex-head">
        <span class="hex-direction">{isIn ? '→ from the device' : '← to the device'}</span>
        <span>{size === 1 ? '1 byte' : `${size.toLocaleString('en')} bytes`}</span>
        <Time at={at} />
      </p>
      <pre>{dump(hex)}</pre>
      {shown < size && <p class="soft">{(size - shown).toLocaleString('en')} more bytes are in the log of the gateway.</p>}
    </li>
  );
}

function dump(hex: string): string {
  const bytes = (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const line = bytes.slice(at, at + LINE_BYTES);
    const digits = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = line.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(3 * LINE_BYTES)} ${text}`);
  }
  return lines.join('\n');
}
