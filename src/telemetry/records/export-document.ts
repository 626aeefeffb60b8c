import { type ApiResponseOptions } from '@nestjs/swagger';
import { schemaPath } from '../../platform/http/open-api-decorators.js';
import { TelemetryHistoryDto } from './telemetry-record.dto.js';

/** The answers of the history route in the OpenAPI document. */
export const HISTORY_RESPONSE: ApiResponseOptions = {
  status: 200,
  description: 'A page of records, or with another `Accept` a stream of all records of the range.',
  content: {
    'application/json': { schema: { $ref: schemaPath(TelemetryHistoryDto) } },
    'text/csv': {
      schema: {
        type: 'string',
        description:
          'RFC 4180 with a header row: the fields of a record, a column for each attribute column, and `io` as JSON. With view=scaled the attribute columns have the multiplied values, empty for an error code, and `io` lists the elements without a column. Text that a spreadsheet would run as a formula begins with an apostrophe.',
      },
      example:
        'iotTimestamp,timestamp,latitude,longitude,altitude\r\n2026-11-23T12:00:00.000Z,2026-11-23T12:00:01.250Z,54.6872,25.2797,112\r\n',
    },
    'application/geo+json': {
      schema: {
        type: 'object',
        description:
          'RFC 7946: a FeatureCollection with a Point (longitude, latitude, altitude) for each record, and null as the geometry of a record without a fix.',
        required: ['type', 'features'],
        properties: {
          type: { type: 'string', enum: ['FeatureCollection'] },
          features: { type: 'array', items: { type: 'object', additionalProperties: true } },
        },
      },
      example: {
        type: 'FeatureCollection',
        features: [
          {
            type: 'Feature',
            geometry: { type: 'Point', coordinates: [25.2797, 54.6872, 112] },
            properties: { iotTimestamp: '2026-11-23T12:00:00.000Z', speed: 42, attributes: { movement: 1 } },
          },
        ],
      },
    },
  },
};

export const GPX_RESPONSE: ApiResponseOptions = {
  status: 200,
  description: 'A GPX document with one track.',
  content: {
    'application/gpx+xml': {
      schema: { type: 'string' },
      example:
        '<gpx version="1.1" creator="iot-broker" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>350612345678901</name><trkseg><trkpt lat="54.6872" lon="25.2797"><ele>112</ele><time>2026-11-23T12:00:00.000Z</time><sat>9</sat></trkpt></trkseg></trk></gpx>',
    },
  },
};
