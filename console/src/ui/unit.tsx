const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

interface UnitProps {
  readonly value: number | null | undefined;
  /** `km/h`, `V`, `%`; not set: a count. */
  readonly unit?: string;
  readonly digits?: number;
}

/** A number with its unit, which does not break off it. */
export function Unit({ value, unit, digits = 0 }: UnitProps) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return <span class="missing">–</span>;
  }
  const text = digits === 0 ? whole.format(value) : formatNumber(value, digits);
  return (
    <span class="number">
      {text}
      {unit !== undefined && <span class="unit">&nbsp;{unit}</span>}
    </span>
  );
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in powers of 1,000, three digits. */
export function Bytes({ value, per }: { readonly value: number | null | undefined; readonly per?: 's' }) {
  if (value === null || value === undefined) {
    return <span class="missing">–</span>;
  }
  const power = value < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1_000 ** power;
  return (
    <Unit
      value={scaled}
      unit={`${BYTE_UNITS[power]!}${per === undefined ? '' : `/${per}`}`}
      digits={power > 0 && scaled < 100 ? 1 : 0}
    />
  );
}
