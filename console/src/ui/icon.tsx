/** Outlines on a grid of 20. */
const PATHS = {
  fleet:
    'M10 17s5-5.4 5-9.2A5 5 0 0 0 5 7.800C5 11.600 10 17 10 17zM10 9.600a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600z',
  devices: 'M4 4.500h12v7H4zM7 15.500h6M10 11.500v4',
  commands: 'M4 5.500l4 4.500-4 4.500M10 14.500h6',
  events: 'M4 5h12M4 10h12M4 15h7',
  access: 'M7 12.500a3.500 3.500 0 1 1 3.300-4.700H17v2.400h-1.500v2h-2.200v-2h-3A3.500 3.500 0 0 1 7 12.500zM6.500 9h.01',
  system: 'M3 10h3l2-5 4 10 2-5h3',
  connect: 'M7 4v4M13 4v4M5 8h10v2a5 5 0 0 1-10 0zM10 15v2',
  'sign-out': 'M8 4H4v12h4M12 7l3 3-3 3M15 10H8',
  copy: 'M7 7V4h9v9h-3M4 7h9v9H4z',
  close: 'M5 5l10 10M15 5L5 15',
  search: 'M9 14A5 5 0 1 0 9 4a5 5 0 0 0 0 10zM12.600 12.600L16 16',
  alert: 'M10 4l7 12H3zM10 8.500v3.500M10 14h.01',
  check: 'M4 10.500l4 4 8-9',
  refresh: 'M16 10a6 6 0 1 1-1.800-4.300M16 3.500v3h-3',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means stands beside it, or in the label of its button. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
