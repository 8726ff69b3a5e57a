const steps = {
  s: [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
    [1e-3, 'ms'],
  ],
  bytes: [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
    [1, 'B'],
  ],
  short: [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
    [1, ''],
  ],
} as const;

/** A value as Grafana writes it in one of the units that our panels have. An unknown unit is written behind the number. */
export function withUnit(value: number, unit: string): string {
  if (unit === 'percentunit') return `${rounded(value * 100)} %`;
  if (unit === 'reqps') return `${scaled(value, steps.short)}/s`;
  if (unit === 'Bps') return `${scaled(value, steps.bytes)}/s`;
  const known = steps[unit as keyof typeof steps] as typeof steps.short | undefined;
  return known === undefined ? `${rounded(value)} ${unit}` : scaled(value, known);
}

function scaled(value: number, units: readonly (readonly [number, string])[]): string {
  if (value === 0) return `0 ${units.find(([size]) => size === 1)![1]}`.trim();
  const [size, name] = units.find(([least]) => Math.abs(value) >= least) ?? units.at(-1)!;
  return `${rounded(value / size)} ${name}`.trim();
}

const rounded = (value: number) => Number(value.toPrecision(3));
