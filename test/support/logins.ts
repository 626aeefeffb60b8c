import { FakeDevice } from './fake-device.js';
import { login } from './frames.js';

const ACCEPTED = 0x01;

/** Sends a login, behind the header of a balancer when the device is to come from `address`. The connection stays open when it is accepted. */
export async function tryLogin(
  port: number,
  imei: string,
  address?: string,
): Promise<{ readonly accepted: boolean; readonly device: FakeDevice }> {
  const device = await FakeDevice.connect(port);
  const header = address === undefined ? '' : `PROXY TCP4 ${address} 192.0.2.1 40000 9000\r\n`;
  device.send(Buffer.concat([Buffer.from(header), login(imei)]));
  const [answer] = await device.take(1, 30_000);
  const accepted = answer === ACCEPTED;
  if (!accepted) {
    await device.closed();
    device.close();
  }
  return { accepted, device };
}
