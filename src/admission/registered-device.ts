/** `banned`: refused whatever DEVICE_ADMISSION says. */
export const REGISTERED_DEVICE_STATUSES = ['registered', 'banned'] as const;
export type RegisteredDeviceStatus = (typeof REGISTERED_DEVICE_STATUSES)[number];

/** A device that the operator has said something about. */
export interface RegisteredDevice {
  readonly imei: string;
  readonly status: RegisteredDeviceStatus;
  readonly name: string | null;
  readonly note: string | null;
  readonly banReason: string | null;
  readonly allowedRanges: string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is left out (undefined) stays as it is, null clears it. */
export interface Registration {
  readonly imei: string;
  readonly name?: string | null;
  readonly note?: string | null;
  readonly allowedRanges?: readonly string[] | null;
}

/** A device that was refused because nobody has registered it. */
export interface SeenDevice {
  readonly imei: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly attempts: number;
  readonly lastAddress: string;
}
