import { AllowedMethods } from './allowed-methods.js';

describe('the methods of a path', () => {
  const allowed = new AllowedMethods();
  allowed.add('POST', '/api/v1/command');
  allowed.add('GET', '/api/v1/devices/:imei');
  allowed.add('PUT', '/api/v1/devices/:imei');
  allowed.add('HEAD', '/api/v1/devices/:imei');
  allowed.add('GET', '/api/v1/devices/:imei/telemetry');
  allowed.add('OPTIONS', '*');

  it.each<[string, string[]]>([
    ['/api/v1/command', ['POST']],
    ['/api/v1/devices/350612000000008', ['GET', 'HEAD', 'PUT']],
    ['/api/v1/devices/350612000000008/telemetry', ['GET']],
    ['/api/v1/devices/', []],
    ['/api/v1/devices/1/2', []],
    ['/api/v1/unknown', []],
    ['', []],
  ])('%s: %j', (path, methods) => {
    expect(allowed.of(path)).toEqual(methods);
  });
});
