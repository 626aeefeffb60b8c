import { readFileSync } from 'node:fs';

const METRIC = /\b(?:iot_broker|nodejs|process)_[a-z0-9_]+/g;
/** Of a histogram Prometheus makes three series. */
const SERIES = /_(bucket|sum|count)$/;

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const monitoring = read('docs/operate/monitoring.md');
const metrics = read('docs/reference/metrics.md');
const alerts = read('deploy/observability/alerts.yaml');
const dashboard = read('deploy/observability/grafana-dashboard.json');

/** Metrics of docs/operate/monitoring.md, which the end-to-end test holds equal to /metrics. */
const documented = new Map(
  [...metrics.matchAll(/^\| `([a-z0-9_]+)` +\| (gauge|counter|histogram) +\|/gm)].map(([, name = '', type = '']) => [name, type]),
);

function isKnown(series: string): boolean {
  return documented.has(series) || documented.get(series.replace(SERIES, '')) === 'histogram';
}

describe('the files for Prometheus and Grafana', () => {
  it('use metrics that exist', () => {
    expect(documented.size).toBeGreaterThan(50);
    for (const text of [alerts, dashboard]) {
      const used = text.match(METRIC) ?? [];
      expect(used.length).toBeGreaterThan(15);
      expect(used.filter((series) => !isKnown(series))).toEqual([]);
    }
  });

  it('show every metric of the gateway on the dashboard or in an alert, but for plain totals of bytes and answers', () => {
    const shown = new Set(
      [...(alerts.match(METRIC) ?? []), ...(dashboard.match(METRIC) ?? [])].map((series) => series.replace(SERIES, '')),
    );
    const own = [...documented.keys()].filter((name) => name.startsWith('iot_broker_'));
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('have an alert for every row of the runbook, and the other way round', () => {
    const rules = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const runbook = [...monitoring.matchAll(/^\| `(IotBroker\w+)`/gm)].map(([, name]) => name);
    expect(runbook.sort()).toEqual(rules.sort());
  });

  it('hold a dashboard Grafana can read', () => {
    const { panels, title } = JSON.parse(dashboard) as {
      title: string;
      panels: { id: number; type: string; targets?: { expr: string }[] }[];
    };
    expect(title).toBe('IoT broker');
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const graphs = panels.filter(({ type }) => type === 'timeseries');
    expect(graphs.every(({ targets }) => targets?.every(({ expr }) => expr.length > 0))).toBe(true);
  });
});
