/** Parameters of the address: of `/devices/:imei` the imei. */
export interface ScreenProps {
  readonly params: Readonly<Record<string, string>>;
}
