import { attributesJson, decimalDegrees, isoTime } from './record-json.js';
import { scaledElementsJson } from './scaled-json.js';
import { type RecordView } from './telemetry-query.dto.js';
import { type TelemetryRecord } from './telemetry-record.js';
import { MINUTE_MS } from '../../platform/time-units.js';

/** A track is interrupted where the device has recorded no fix for longer. */
const MAX_GAP_MS = 10 * MINUTE_MS;

/**
 * A GeoJSON feature (RFC 7946): a point with longitude, latitude and altitude. Without a fix the coordinates are the last known ones, which are no place of
 * the record: its geometry is null.
 */
export function geoJsonFeature(record: TelemetryRecord, view: RecordView): string {
  const { longitude, latitude, altitude } = record;
  const geometry = record.satellites > 0 ? `{"type":"Point","coordinates":[${longitude},${latitude},${altitude}]}` : 'null';
  const more =
    view === 'raw'
      ? `"attributes":${attributesJson(record)},"io":${record.io ?? 'null'}`
      : `"elements":${scaledElementsJson(record)}`;
  return (
    `{"type":"Feature","geometry":${geometry},"properties":{"iotTimestamp":"${isoTime(record.timeMs)}","timestamp":"${isoTime(record.receivedMs)}"` +
    `,"angle":${record.angle},"satellites":${record.satellites},"speed":${record.speed},"priority":${record.priority}` +
    `,"eventIoId":${record.eventIoId},"generationType":${record.generationType},${more}}}`
  );
}

export function gpxHead(imei: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="iot-broker" xmlns="http://www.topografix.com/GPX/1/1"` +
    ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd">\n` +
    `<trk><name>${imei}</name><trkseg>\n`
  );
}

export const GPX_TAIL = '</trkseg></trk></gpx>\n';

/** Writes the points of a track (GPX 1.1, trkpt), oldest first. Records without a fix are left out; a gap of more than ten minutes begins a new segment. */
export class GpxTrack {
  private lastMs: number | null = null;

  point({ timeMs, latitude, longitude, altitude, satellites }: TelemetryRecord): string {
    if (satellites === 0) {
      return '';
    }
    const isGap = this.lastMs !== null && timeMs - this.lastMs > MAX_GAP_MS;
    this.lastMs = timeMs;
    const point = `<trkpt lat="${decimalDegrees(latitude)}" lon="${decimalDegrees(longitude)}"><ele>${altitude}</ele><time>${isoTime(timeMs)}</time><sat>${satellites}</sat></trkpt>\n`;
    return isGap ? `</trkseg><trkseg>\n${point}` : point;
  }
}
