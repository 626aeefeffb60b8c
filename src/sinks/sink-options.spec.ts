import { topicFrom } from './engine/engine-options.js';
import { parseSinks, type SinkOptions } from './sink-options.js';

function parsed(text: string): SinkOptions {
  const { sinks, problems } = parseSinks(text);
  expect(problems).toEqual([]);
  return sinks[0]!;
}

function problemsOf(text: string): readonly string[] {
  return parseSinks(text).problems;
}

describe('parseSinks', () => {
  it('takes the defaults of each engine', () => {
    const common = { types: null, from: 'now', tls: false, stream: null, sasl: null };
    expect(parsed('nats://10.0.0.5')).toEqual({
      ...common,
      name: 'nats',
      engine: 'nats',
      hosts: [{ host: '10.0.0.5', port: 4222 }],
      topic: 'iot.{imei}.{type}',
    });
    expect(parsed('mqtt://broker.example')).toMatchObject({ hosts: [{ port: 1883 }], topic: 'iot/{imei}/{type}', tls: false });
    expect(parsed('mqtts://broker.example')).toMatchObject({ engine: 'mqtt', hosts: [{ port: 8883 }], tls: true });
    expect(parsed('kafka://[::1]')).toMatchObject({ hosts: [{ host: '::1', port: 9092 }], topic: 'iot-events' });
  });

  it('takes every parameter', () => {
    expect(
      parsed(
        'nats://a:1?name=eu&host=b:2&host=c&topic=x.{type}&type=telemetry&type=command.failed&from=oldest&tls=true&stream=S',
      ),
    ).toEqual({
      name: 'eu',
      engine: 'nats',
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 4222 },
      ],
      topic: 'x.{type}',
      types: ['telemetry', 'command.failed'],
      from: 'oldest',
      tls: true,
      stream: 'S',
      sasl: null,
    });
    expect(parsed('kafka://a?sasl=scram-sha-256')).toMatchObject({ sasl: 'SCRAM-SHA-256' });
  });

  it('takes several sinks, with names of their own', () => {
    expect(parseSinks('nats://a, mqtt://b,nats://c?name=second').sinks.map(({ name }) => name)).toEqual([
      'nats',
      'mqtt',
      'second',
    ]);
    expect(problemsOf('nats://a,nats://b')).toEqual([
      'SINKS: two sinks have the name nats: give one of them another with &name=',
    ]);
  });

  it.each([
    ['http://a', 'must be a URL'],
    ['nats', 'must be a URL'],
    ['nats://', 'must name a host'],
    ['nats://a/stream', 'no path'],
    ['nats://user@a', 'must not contain a user name'],
    ['nats://a?stream=A&stream=B', 'gives stream more than once'],
    ['nats://a?sasl=plain', 'unknown parameter "sasl"'],
    ['nats://a?type=other', 'must have type as one of'],
    ['nats://a?from=yesterday', 'must have from as one of'],
    ['nats://a?tls=yes', 'must have tls as one of'],
    ['nats://a?host=b/c', 'hosts like'],
    ['nats://a?name=A_B', 'must have a name'],
    ['nats://a?topic=iot.>', 'has a topic that nats does not take'],
    ['nats://a?topic=iot.{device}', 'has a topic that nats does not take'],
    ['mqtt://a?topic=iot/%2B/{type}', 'has a topic that mqtt does not take'],
    ['kafka://a?topic=iot/events', 'has a topic that kafka does not take'],
    ['kafka://a?topic=iot.{imei}', 'must not have {imei}'],
    ['kafka://a?topic=iot.{type}', 'must not have {type}'],
  ])('refuses %s', (url, problem) => {
    expect(problemsOf(url).join('\n')).toContain(problem);
  });
});

it('topicFrom fills in the IMEI and the type', () => {
  expect(topicFrom('iot.{imei}.{type}')('350612000000001', 'command.failed')).toBe('iot.350612000000001.command.failed');
  expect(topicFrom('iot-events')('350612000000001', 'telemetry')).toBe('iot-events');
});
