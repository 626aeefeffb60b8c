import { type Page } from 'playwright-core';

export interface Drawn {
  /** In marks and in clusters. */
  readonly devices: number;
  /** Of marks. */
  readonly imeis: readonly string[];
  /** Of the file with streets. */
  readonly streets: number;
}

/** What MapLibre has drawn of the devices: queryRenderedFeatures of both layers. */
export function drawn(page: Page): Promise<Drawn> {
  return page.evaluate<Drawn>(`(() => {
    const map = document.querySelector('.fleet-map-canvas')?.fleetMap;
    const marks = map?.drawn('device-marks') ?? [];
    const clusters = map?.drawn('clusters') ?? [];
    const inClusters = new Map(clusters.map((cluster) => [cluster.cluster_id, cluster.point_count]));
    const imeis = [...new Set(marks.map(({ imei }) => imei))];
    return { devices: imeis.length + [...inClusters.values()].reduce((sum, count) => sum + count, 0), imeis, streets: map?.drawn('earth').length ?? 0 };
  })()`);
}

export function isComplete(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(`document.querySelector('.fleet-map-canvas')?.fleetMap?.isComplete === true`);
}

/** Whether the canvas of the map holds more than one colour. Read from the screenshot: WebGL does not keep what it has drawn. */
export async function isMapPainted(page: Page): Promise<boolean> {
  const png = await page.locator('.fleet-map canvas').screenshot();
  return page.evaluate<boolean>(`(async () => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob('${png.toString('base64')}'), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4 * 97) colours.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
    return colours.size > 5;
  })()`);
}
