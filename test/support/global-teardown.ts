// eslint-disable-next-line no-restricted-exports -- jest takes the default export
export default async function stopTestServer(): Promise<void> {
  await globalThis.stopTestServer?.();
}
