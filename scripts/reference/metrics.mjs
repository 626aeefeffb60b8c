import { code, page, sentence, table } from './markdown.mjs';

/** The metrics of a running gateway, from the text of its /metrics. */
export function metricsPage(exposition) {
  const helps = new Map([...exposition.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name, help]));
  const types = new Map([...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const rows = (isWanted) =>
    [...helps]
      .filter(([name]) => isWanted(name))
      .map(([name, help]) => [code(name), types.get(name), sentence(help.replaceAll('\\n', ' ').replaceAll('\\\\', '\\'))]);
  const head = ['metric', 'type', 'meaning'];
  const isOwn = (name) => name.startsWith('iot_broker_');
  return page({
    title: 'Metrics',
    source: '/metrics of a gateway',
    intro: `Where they are served, and the alerts on them: [monitoring](../operate/monitoring.md). "Cluster" means that every instance reports the same number from the
database: aggregate with \`max\`, not with \`sum\`.`,
    sections: [
      `## Gateway\n\n${table(head, rows(isOwn))}`,
      `## Process\n\nThe names are common to Node.js programs. On systems other than Linux some are missing.\n\n${table(
        head,
        rows((name) => !isOwn(name)),
      )}`,
    ],
  });
}
