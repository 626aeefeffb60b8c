import { type ComponentType } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type TelemetryHistory } from '../../../../client/src/index.js';
import { type Query, useQuery } from '../../api/use-query.js';
import { streamState, useEvents, useGaps } from '../../app/stream.js';
import { type Series, type TimeChartProps } from '../../chart/time-chart-props.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, Loading, QueryView } from '../../ui/states.js';
import { History, type Points } from './history.js';

const RECORDS = 1_000;
/** While there is no stream. */
const POLL_MS = 15_000;

type Chart = ComponentType<TimeChartProps>;

interface HistoryOfDevice {
  readonly history: History;
  readonly query: Query<TelemetryHistory>;
}

/** The last records of the device: read once, then kept by the stream. */
export function useHistory(imei: string): HistoryOfDevice {
  const history = useMemo(() => new History(), []);
  const query = useQuery<TelemetryHistory>(
    `/api/v1/devices/${imei}/telemetry?view=raw&limit=${RECORDS}`,
    streamState.value === 'off' ? { everyMs: POLL_MS } : {},
  );
  const state = query.state.value;
  const records = state.kind === 'ready' ? state.data.records : null;
  useEffect(() => {
    if (records) {
      history.load(records);
    }
  }, [history, records]);
  useEvents((events) => history.apply(events, imei));
  useGaps(query.refresh);
  return { history, query };
}

/** Speed, voltages and battery over the last records. */
export function ChartPanel({ history, query }: HistoryOfDevice) {
  const state = query.state.value;
  const records = state.kind === 'ready' ? state.data.records : null;
  const hasPoints = history.points.value.times.length > 0;
  const isUnknown = state.kind === 'failed' && state.error.status === 404;
  return (
    <Panel title="Speed, voltages and battery" call={query.call}>
      {hasPoints && <Charts points={history.points.value} />}
      {!hasPoints && (isUnknown || records?.length === 0) && (
        <EmptyState title="No record yet">What the device sends is drawn here as it arrives.</EmptyState>
      )}
      {!hasPoints && !isUnknown && <QueryView query={query}>{() => null}</QueryView>}
    </Panel>
  );
}

function Charts({ points }: { readonly points: Points }) {
  const TimeChart = useTimeChart();
  const lines = useMemo(() => linesOf(points), [points]);
  if (!TimeChart) {
    return <Loading />;
  }
  return (
    <div class="charts">
      {lines.map(({ title, series }) => (
        <TimeChart key={title} label={labelOf(title, series)} times={points.times} series={series} group="device" />
      ))}
    </div>
  );
}

/** A file of its own: the other parts of the screen do not wait for it. */
function useTimeChart(): Chart | null {
  const [Loaded, setLoaded] = useState<Chart | null>(null);
  useEffect(() => {
    void import('../../chart/time-chart.js').then(({ TimeChart }) => setLoaded(() => TimeChart));
  }, []);
  return Loaded;
}

interface Line {
  readonly title: string;
  readonly series: readonly Series[];
}

/** What the device has never sent is not drawn. */
function linesOf({ speed, externalVolts, batteryVolts, batteryPercent }: Points): Line[] {
  const lines: Line[] = [
    { title: 'Speed', series: [{ title: 'Speed', unit: 'km/h', colour: '--accent', values: speed }] },
    {
      title: 'Voltages',
      series: [
        { title: 'External', unit: 'V', digits: 2, colour: '--good', values: externalVolts },
        { title: 'Battery', unit: 'V', digits: 2, colour: '--warning', values: batteryVolts },
      ],
    },
    { title: 'Battery level', series: [{ title: 'Battery level', unit: '%', colour: '--good', values: batteryPercent }] },
  ];
  return lines.filter(({ series }) => series.some(({ values }) => values.some((value) => value !== null)));
}

function labelOf(title: string, series: readonly Series[]): string {
  const newest = series.map(({ title: name, unit, digits = 0, values }) => {
    const value = values.findLast((one) => one !== null);
    return value === undefined || value === null ? `${name} unknown` : `${name} ${value.toFixed(digits)} ${unit}`;
  });
  return `${title} over time; newest: ${newest.join(', ')}`;
}
