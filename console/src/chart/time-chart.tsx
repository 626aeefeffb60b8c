import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { useEffect, useRef } from 'preact/hooks';
import { type Series, type TimeChartProps } from './time-chart-props.js';

const HEIGHT_PX = 132;
const AXIS_PX = 56;
/** For a time with its seconds. */
const TIME_SPACE_PX = 84;
/** Of a chart with one value. */
const MIN_SPAN_SECONDS = 10;
const DARK = window.matchMedia('(prefers-color-scheme: dark)');

/** Values over time, with a legend that follows the cursor. New values are drawn without building it again. */
export function TimeChart({ label, times, series, group }: TimeChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [[...times], ...series.map(({ values }) => [...values])];
  const shape = series.map(({ title }) => title).join();
  const described = useRef(series);
  described.current = series;
  useEffect(() => {
    const element = frame.current;
    if (!element) {
      return undefined;
    }
    const build = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(described.current, group, element.clientWidth), data.current, element);
    };
    build();
    const resizes = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resizes.observe(element);
    DARK.addEventListener('change', build);
    return () => {
      DARK.removeEventListener('change', build);
      resizes.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape, group]);
  useEffect(() => chart.current?.setData(data.current), [times, series]);
  return <div ref={frame} class="chart" role="img" aria-label={label} />;
}

function optionsOf(series: readonly Series[], group: string, width: number): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--ink-soft'),
    grid: { stroke: colour('--border'), width: 1 },
    ticks: { stroke: colour('--border'), width: 1 },
    font: '11px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT_PX,
    cursor: { sync: { key: group }, drag: { x: true, y: false } },
    legend: { live: true },
    scales: { x: { range: (_, min, max) => timesOf(min, max) }, y: { range: (_, min, max) => rangeOf(min, max) } },
    axes: [
      { ...axis, values: TIME_FORMAT, space: TIME_SPACE_PX },
      { ...axis, size: AXIS_PX },
    ],
    series: [
      { label: 'Time', value: (chart, at) => timeText(shownOf(chart, 0, at)) },
      ...series.map(({ title, unit, digits = 0, colour: name }): uPlot.Series => ({
        label: `${title}, ${unit}`,
        stroke: colour(name),
        width: 1.5,
        spanGaps: true,
        points: { show: false },
        value: (chart, value, index) => shownOf(chart, index, value)?.toFixed(digits) ?? '–',
      })),
    ],
  };
}

/** The value at the cursor; without a cursor the newest one. */
function shownOf(chart: uPlot, index: number, value: number | null): number | null {
  return chart.cursor.idx === null || chart.cursor.idx === undefined ? (chart.data[index]?.at(-1) ?? null) : value;
}

function timeText(at: number | null): string {
  return at === null ? '–' : seconds.format(at * 1_000);
}

/** Also for one record: without a span every tick would have the same time. */
function timesOf(min: number | null, max: number | null): [number, number] {
  const [from, to] = [min ?? 0, max ?? 0];
  const missing = Math.max(0, MIN_SPAN_SECONDS - (to - from));
  return [from - missing / 2, to + missing / 2];
}

/** Also for values that do not change: a line in the middle, not none. */
function rangeOf(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) {
    return [0, 1];
  }
  const margin = Math.max((max - min) * 0.1, Math.abs(max) * 0.02, 1);
  return [min >= 0 ? Math.max(0, min - margin) : min - margin, max + margin];
}

const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
const seconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const MINUTE_SECONDS = 60;

const TIME_FORMAT: uPlot.Axis.DynamicValues = (_, splits, __, ___, step) =>
  splits.map((at) => (step < MINUTE_SECONDS ? seconds : minutes).format(at * 1_000));
