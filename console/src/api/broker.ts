import { IotBroker } from '../../../client/src/index.js';
import { consoleFetch } from './fetch.js';

/** The project's client, as the key that is signed in. Its types are those of the OpenAPI document. Calls reject with IotBrokerError. */
export const broker = new IotBroker({ url: '', fetch: consoleFetch });
