import { page, prose } from './markdown.mjs';
import { fieldsTable, resolve } from './rest.mjs';

/** The events for the host: path and body of each. */
export function eventsPage({ webhooks, components }) {
  const sections = Object.entries(webhooks).map(([type, { post }]) => {
    const schema = resolve(post.requestBody.content['application/json'].schema, components);
    const [, path] = /POST (\S+)/.exec(post.summary) ?? [];
    const example = JSON.stringify(exampleOf(schema, components), null, 2);
    return [
      `## ${type}`,
      `\`${path}\``,
      prose(schema.description ?? ''),
      fieldsTable(schema, components),
      `\`\`\`json\n${example}\n\`\`\``,
    ].join('\n\n');
  });
  return page({
    title: 'Events',
    source: 'docs/reference/openapi.json',
    intro: `Events are delivered by [webhook](../guides/webhooks.md) to \`NOTIFICATION_URL\` followed by the path, and are the same in the feed (\`GET /api/v1/events\`) and in the
[live stream](../guides/stream.md). Headers of a webhook: \`webhook-id\` (the same in every attempt), \`webhook-timestamp\`, and \`webhook-signature\` when \`WEBHOOK_SECRET\` is set.`,
    sections,
  });
}

function exampleOf(given, components) {
  const schema = resolve(given, components);
  if (schema.examples !== undefined || schema.example !== undefined) {
    return schema.examples?.[0] ?? schema.example;
  }
  if (schema.const !== undefined || schema.enum) {
    return schema.const ?? schema.enum[0];
  }
  const [alternative] = schema.anyOf ?? schema.oneOf ?? [];
  if (alternative) {
    return exampleOf(alternative, components);
  }
  const type = [schema.type].flat()[0];
  if (type === 'object') {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, field]) => [name, exampleOf(field, components)]),
    );
  }
  if (type === 'array') {
    return [exampleOf(schema.items, components)];
  }
  return { string: 'text', integer: schema.minimum ?? 1, number: 1, boolean: false }[type] ?? null;
}
