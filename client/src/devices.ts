import { type Api, type CallOptions, dataOf } from './api.js';
import { atCursor, Pages } from './pages.js';
import {
  type Device,
  type DeviceMessage,
  type DeviceRegistration,
  type DeviceTrace,
  type Diagnosis,
  type operations,
  type RegisteredDevice,
  type Registration,
  type UnknownDevice,
} from './schema.generated.js';

export type RegisteredDeviceQuery = NonNullable<operations['listRegisteredDevices']['parameters']['query']>;
export type UnknownDeviceQuery = NonNullable<operations['listUnknownDevices']['parameters']['query']>;
export type DeviceMessageQuery = NonNullable<operations['listDeviceMessages']['parameters']['query']>;

/** Connected devices. */
export class Devices {
  constructor(private readonly api: Api) {}

  /** All connected devices, whichever instance holds them. */
  async list(options: CallOptions = {}): Promise<Device[]> {
    return (await dataOf(this.api.GET('/api/v1/devices', { ...options }))).devices;
  }

  /** A connected device. DEVICE_NOT_CONNECTED when it is not connected. */
  async get(imei: string, options: CallOptions = {}): Promise<Device> {
    return (await dataOf(this.api.GET('/api/v1/devices/{imei}', { params: { path: { imei } }, ...options }))).device;
  }

  /** The last logins, refusals and errors of a device, and their likely causes. */
  diagnose(imei: string, options: CallOptions = {}): Promise<Diagnosis> {
    return dataOf(this.api.GET('/api/v1/devices/{imei}/diagnosis', { params: { path: { imei } }, ...options }));
  }

  /** What a device sent unasked, newest first. */
  messages(imei: string, query: DeviceMessageQuery = {}, options: CallOptions = {}): Pages<DeviceMessage> {
    return new Pages(async (cursor) => {
      const params = { path: { imei }, query: atCursor(query, cursor) };
      const { messages, nextCursor } = await dataOf(this.api.GET('/api/v1/devices/{imei}/messages', { params, ...options }));
      return { items: messages, nextCursor };
    });
  }
}

/** The register of devices that are admitted or banned. */
export class RegisteredDevices {
  constructor(private readonly api: Api) {}

  /** Registered and banned devices, in the order of their IMEIs. */
  list(query: RegisteredDeviceQuery = {}, options: CallOptions = {}): Pages<RegisteredDevice> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { devices, nextCursor } = await dataOf(this.api.GET('/api/v1/registered-devices', { params, ...options }));
      return { items: devices, nextCursor };
    });
  }

  async get(imei: string, options: CallOptions = {}): Promise<RegisteredDevice> {
    return (await dataOf(this.api.GET('/api/v1/registered-devices/{imei}', { params: { path: { imei } }, ...options }))).device;
  }

  /** Registers a device, or changes it: a field that is left out keeps its value, null clears it. */
  async register(imei: string, body: Registration = {}, options: CallOptions = {}): Promise<RegisteredDevice> {
    const params = { path: { imei } };
    return (await dataOf(this.api.PUT('/api/v1/registered-devices/{imei}', { params, body, ...options }))).device;
  }

  /** Registers up to 1,000 devices, all or none. Returns how many are new. */
  async registerMany(devices: readonly DeviceRegistration[], options: CallOptions = {}): Promise<number> {
    return (await dataOf(this.api.POST('/api/v1/registered-devices', { body: { devices: [...devices] }, ...options }))).created;
  }

  /** Removes a device from the register, including its ban. */
  async remove(imei: string, options: CallOptions = {}): Promise<void> {
    await dataOf(this.api.DELETE('/api/v1/registered-devices/{imei}', { params: { path: { imei } }, ...options }));
  }

  /** Closes the connection of a device and refuses its logins. */
  async ban(imei: string, reason?: string, options: CallOptions = {}): Promise<RegisteredDevice> {
    const body = reason === undefined ? {} : { reason };
    const params = { path: { imei } };
    return (await dataOf(this.api.POST('/api/v1/registered-devices/{imei}/ban', { params, body, ...options }))).device;
  }

  /** Ends a ban. The device becomes registered. */
  async unban(imei: string, options: CallOptions = {}): Promise<RegisteredDevice> {
    const params = { path: { imei } };
    return (await dataOf(this.api.POST('/api/v1/registered-devices/{imei}/unban', { params, ...options }))).device;
  }

  /** Devices that were refused because they are not registered. */
  unknown(query: UnknownDeviceQuery = {}, options: CallOptions = {}): Pages<UnknownDevice> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { devices, nextCursor } = await dataOf(this.api.GET('/api/v1/unknown-devices', { params, ...options }));
      return { items: devices, nextCursor };
    });
  }
}

/** Devices whose bytes are logged in hex. */
export class DeviceTraces {
  constructor(private readonly api: Api) {}

  async list(options: CallOptions = {}): Promise<DeviceTrace[]> {
    return (await dataOf(this.api.GET('/api/v1/log/devices', { ...options }))).traces;
  }

  async get(imei: string, options: CallOptions = {}): Promise<DeviceTrace> {
    return (await dataOf(this.api.GET('/api/v1/log/devices/{imei}', { params: { path: { imei } }, ...options }))).trace;
  }

  /** For an hour when `ttlSeconds` is not given. */
  async start(imei: string, ttlSeconds?: number, options: CallOptions = {}): Promise<DeviceTrace> {
    const body = ttlSeconds === undefined ? {} : { ttlSeconds };
    const params = { path: { imei } };
    return (await dataOf(this.api.PUT('/api/v1/log/devices/{imei}', { params, body, ...options }))).trace;
  }

  async stop(imei: string, options: CallOptions = {}): Promise<DeviceTrace> {
    return (await dataOf(this.api.DELETE('/api/v1/log/devices/{imei}', { params: { path: { imei } }, ...options }))).trace;
  }
}
