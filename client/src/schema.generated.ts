// Made by scripts/generate-open-api.mjs from docs/reference/openapi.json. After a change of the REST API: npm run openapi

export interface paths {
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what, newest first: commands given and cancelled, keys made and revoked, and more
         * @description Requires a key with the scope `admin`.
         */
        get: operations["listAuditEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/command": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends a command to a device: a text (`command`), or an action of the catalogue with its `params`
         * @description 200: the device is connected. 202: it is not connected, and with mode=queue the command waits for it.
         *
         *     Requires a key with the scope `command`.
         */
        post: operations["sendCommand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/command-catalogue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The known commands with their replies, and the actions: built in, and from COMMAND_CATALOGUE_FILE
         * @description Requires a key with the scope `read`.
         */
        get: operations["getCommandCatalogue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Commands, newest first
         * @description Requires a key with the scope `read`.
         */
        get: operations["listCommands"];
        put?: never;
        /**
         * Sends up to 1,000 commands
         * @description Each entry has the fields of POST command and a result of its own: a refused entry does not refuse the others. Prefer has no effect. For the rate limit this is one request.
         *
         *     Requires a key with the scope `command`.
         */
        post: operations["sendCommands"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/commands/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One command with its attempts
         * @description Requires a key with the scope `read`.
         */
        get: operations["getCommand"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/commands/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancels a command that was not written yet
         * @description 409 when it was.
         *
         *     Requires a key with the scope `command`.
         */
        post: operations["cancelCommand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All connected devices, whichever instance holds them
         * @description Requires a key with the scope `read`.
         */
        get: operations["listDevices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One connected device
         * @description 404 when it is not connected to any instance.
         *
         *     Requires a key with the scope `read`.
         */
        get: operations["getDevice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that is stored about a device, as JSON Lines
         * @description The first line is `{"kind":"export"}`, each row is a line `{"kind":…,"data":{…}}` with the columns of the schema, and the last line is `{"kind":"end","counts":{…}}`. An export without its last line is not complete: its connection was broken.
         *
         *     Requires a key with the scope `admin`.
         */
        get: operations["exportDeviceData"];
        put?: never;
        post?: never;
        /**
         * Erases what was stored about a device until now, in small steps, and answers with a receipt when it is done
         * @description It can be repeated. The audit, the registration and a ban stay; events that were not delivered are not delivered any more. Copies outside the database stay: backups, log files, what the host has received.
         *
         *     Requires a key with the scope `admin`.
         */
        delete: operations["eraseDeviceData"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}/diagnosis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Diagnosis of a device: its last logins, refusals, disconnects and errors, and their likely causes
         * @description Requires a key with the scope `read`.
         */
        get: operations["diagnoseDevice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a device sent unasked, newest first
         * @description Requires a key with the scope `read`.
         */
        get: operations["listDeviceMessages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}/telemetry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A device's records in the order of the device's clock
         * @description As JSON page by page; with `Accept: text/csv` or `Accept: application/geo+json` the whole range as a stream, without `limit` and `cursor`. A stream that fails breaks the connection, so that it does not look complete. So does one of which a client takes less than 64 KiB in a minute.
         *
         *     Requires a key with the scope `read`.
         */
        get: operations["getTelemetryHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}/telemetry/gpx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The track of a device on one day (UTC) as GPX 1.1
         * @description Records without a fix are left out; a gap of more than ten minutes begins a new segment.
         *
         *     Requires a key with the scope `read`.
         */
        get: operations["getTelemetryTrack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{imei}/telemetry/latest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A device's newest record by its own clock, also when older ones arrived after it
         * @description Requires a key with the scope `read`.
         */
        get: operations["getLatestTelemetry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same events for a host that would rather fetch: in one order, from behind `after`; none is ever put before what was read
         * @description Requires a key with the scope `read`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/io-elements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The dictionary of AVL ids
         * @description Requires a key with the scope `read`.
         */
        get: operations["listIoElements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All keys but those of IOT_API_KEY; revoked ones last
         * @description Requires a key with the scope `admin`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Makes a key
         * @description The answer is the only place where it is ever shown.
         *
         *     Requires a key with the scope `admin`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revokes a key
         * @description It stops working within seconds on every instance.
         *
         *     Requires a key with the scope `admin`.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Devices whose bytes the answering instance logs
         * @description Requires a key with the scope `read`.
         */
        get: operations["listDeviceTraces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log/devices/{imei}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the answering instance logs a device's bytes
         * @description Requires a key with the scope `read`.
         */
        get: operations["getDeviceTrace"];
        /**
         * Logs every byte sent and received by a device, in hex, on all instances, for an hour or for `ttlSeconds`
         * @description Requires a key with the scope `admin`.
         */
        put: operations["startDeviceTrace"];
        post?: never;
        /**
         * Stops logging the bytes of a device on all instances
         * @description Requires a key with the scope `admin`.
         */
        delete: operations["stopDeviceTrace"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log/devices/{imei}/bytes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest bytes of a device under trace, from and to all instances: at most 200 chunks and 32 KB
         * @description Bytes of another instance arrive within a second. They are gone when the trace ends.
         *
         *     Requires a key with the scope `admin`.
         */
        get: operations["listTracedBytes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bytes that devices sent and that could not be stored as records, newest first
         * @description Requires a key with the scope `read`.
         */
        get: operations["listQuarantineEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One entry of the quarantine
         * @description Requires a key with the scope `read`.
         */
        get: operations["getQuarantineEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decodes entries again, for example after an upgrade, and moves those that can be decoded to the stored records
         * @description Requires a key with the scope `admin`.
         */
        post: operations["retryQuarantineEntries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/registered-devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Registered and banned devices, in the order of their IMEIs
         * @description Requires a key with the scope `read`.
         */
        get: operations["listRegisteredDevices"];
        put?: never;
        /**
         * Registers up to 1,000 devices, all or none
         * @description Known ones are changed: a field that is left out keeps its value, null clears it. A ban stays.
         *
         *     Requires a key with the scope `admin`.
         */
        post: operations["registerDevices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/registered-devices/{imei}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One registered or banned device
         * @description Requires a key with the scope `read`.
         */
        get: operations["getRegisteredDevice"];
        /**
         * Registers a device, or changes it: a field that is left out keeps its value, null clears it
         * @description A ban stays.
         *
         *     Requires a key with the scope `admin`.
         */
        put: operations["registerDevice"];
        post?: never;
        /**
         * Removes a device from the register, including its ban
         * @description Requires a key with the scope `admin`.
         */
        delete: operations["removeRegisteredDevice"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/registered-devices/{imei}/ban": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bans a device, registered or not
         * @description Its connection is closed on any instance, and its logins are refused.
         *
         *     Requires a key with the scope `admin`.
         */
        post: operations["banDevice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/registered-devices/{imei}/unban": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends a ban
         * @description The device becomes registered.
         *
         *     Requires a key with the scope `admin`.
         */
        post: operations["unbanDevice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sinks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The sinks that SINKS configures: how far each engine has received the events, and whether it receives them now
         * @description Requires a key with the scope `read`.
         */
        get: operations["listSinks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sinks/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publishes nothing to the sink until it is resumed, also after a restart
         * @description What is in flight is finished.
         *
         *     Requires a key with the scope `admin`.
         */
        post: operations["pauseSink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sinks/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publishes again, from where the sink was paused
         * @description Requires a key with the scope `admin`.
         */
        post: operations["resumeSink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sinks/{name}/rewind": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publishes the events behind a cursor, or from a time on, again; or passes over events
         * @description It begins within a second. A sink that is `expired` begins to publish, one that is paused stays paused.
         *
         *     Requires a key with the scope `admin`.
         */
        post: operations["rewindSink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Devices of the cluster, counters and memory of the instance that answers, and all instances
         * @description Requires a key with the scope `read`.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams events as they happen, as Server-Sent Events
         * @description `id` is the cursor of the feed, `event` the type, `data` the JSON that a webhook delivers. A client that connects again with `Last-Event-ID` gets every event that follows it, once. A comment is sent every 15 seconds. A client that reads too slowly gets `event: overflow` with the `cursor` at which it resumes, and is disconnected.
         *
         *     Requires a key with the scope `read`.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/telemetry/latest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest records of many devices, by their own clocks: of those that `imeis` names, or of all devices with records
         * @description A page ends at 4 MB. Devices that have only records more than two days ahead are left out. With DATABASE_READ_URL the answer may be up to DATABASE_READ_MAX_LAG_SECONDS old.
         *
         *     Requires a key with the scope `read`.
         */
        get: operations["listLatestTelemetry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unknown-devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Devices that were refused because they are not registered: the last 10,000
         * @description Requires a key with the scope `read`.
         */
        get: operations["listUnknownDevices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events and how their deliveries stand, newest first
         * @description Requires a key with the scope `read`.
         */
        get: operations["listWebhookEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event with every attempt to deliver it
         * @description Requires a key with the scope `read`.
         */
        get: operations["getWebhookEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/events/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delivers an event again, with the same id, in whatever state it is
         * @description Requires a key with the scope `admin`.
         */
        post: operations["replayWebhookEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delivers many events again: without a state, those whose delivery was given up
         * @description Requires a key with the scope `admin`.
         */
        post: operations["replayWebhookEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The backlog, its oldest event, and the state of the circuit breaker
         * @description Requires a key with the scope `read`.
         */
        get: operations["getWebhookStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alive: the process answers
         * @description Does not check the database, because a restart would not repair it.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All metrics in the text format of Prometheus
         * @description 404 when METRICS_PORT is set: then they are served on that port, without a key.
         *
         *     Requires a key with the scope `read`.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ready for devices and requests: the database answers and accepts writes, and the gateway is not stopping */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    batch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/events
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/events`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set. Only with WEBHOOK_BATCH_SIZE above 1.
         */
        post: operations["receiveEventBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "command.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/command/confirm
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/command/confirm`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveCommandCompletedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "command.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/command/bulk_failure
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/command/bulk_failure`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveCommandFailedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "command.postponed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/command/postponed
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/command/postponed`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveCommandPostponedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "command.retried": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/command/retried
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/command/retried`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveCommandRetriedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "device.connected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/device/connected
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/device/connected`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveDeviceConnectedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "device.disconnected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/device/disconnected
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/device/disconnected`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveDeviceDisconnectedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "device.message": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/device/message
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/device/message`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveDeviceMessageEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    telemetry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * POST /webhooks/iot/v1/telemetry
         * @description Sent to NOTIFICATION_URL followed by `/webhooks/iot/v1/telemetry`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.
         */
        post: operations["receiveTelemetryEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        Action: {
            /** @example output1-on */
            action: string;
            /**
             * @description For people.
             * @example Switches digital output 1 on.
             */
            description: string | null;
            /**
             * @description What it does to the vehicle or the device; null when harmless.
             * @example moves a physical output; may immobilise the vehicle
             */
            destructive: string | null;
            /**
             * @description Of a reply that says it failed.
             * @example ^Invalid
             */
            failure: string | null;
            /**
             * @description Conditions under which it is written. A value in braces is that of the parameter.
             * @example {
             *       "maxSpeedKmh": "{maxSpeedKmh}"
             *     }
             */
            guard: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The JSON Schema of `params`.
             * @example {
             *       "type": "object",
             *       "properties": {
             *         "timeoutSeconds": {
             *           "type": "integer",
             *           "minimum": 1,
             *           "maximum": 86400
             *         }
             *       },
             *       "required": [],
             *       "additionalProperties": false
             *     }
             */
            paramsSchema: {
                [key: string]: unknown;
            };
            /**
             * @description Of a reply that says it will be done later.
             * @example queued$
             */
            queued: string | null;
            /**
             * @description Actions whose open commands for the same device it ends.
             * @example [
             *       "output1-off"
             *     ]
             */
            replaces: string[];
            /**
             * @description Regular expression of a reply that confirms it. Null: its replies are not known.
             * @example ^Locked
             */
            success: string | null;
            /**
             * @description The text for the device, with its parameters in braces and its optional parts in brackets.
             * @example setdigout 1?[ {timeoutSeconds|?}]
             */
            template: string;
            /** @description It is written before the other commands of the device that wait. */
            urgent: boolean;
        };
        AdmissionFindings: {
            allowedRanges: string[];
            /** Format: date-time */
            lastUnknownAt: string | null;
            /** @enum {string|null} */
            status: "registered" | "banned" | null;
            unknownAttempts: number;
        };
        AuditEntry: {
            /** @example command.created */
            action: string;
            /** Format: date-time */
            at: string;
            /**
             * @description A 64-bit number in decimal.
             * @example 1207
             */
            auditId: string;
            /**
             * @example {
             *       "commandLogId": "1",
             *       "command": "setdigout 1?"
             *     }
             */
            details: {
                [key: string]: unknown;
            };
            /** @example 350612345678901 */
            imei: string | null;
            /**
             * @description Null for IOT_API_KEY and the command line.
             * @example 1
             */
            keyId: string | null;
            /**
             * @description Name of the key, or `IOT_API_KEY`, or `command line`.
             * @example app
             */
            keyName: string;
            /** @example 198.51.100.7 */
            remoteAddress: string | null;
            /**
             * @description The `x-request-id` of the request.
             * @example 7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10
             */
            requestId: string | null;
        };
        AuditList: {
            count: number;
            entries: components["schemas"]["AuditEntry"][];
            /**
             * @description Give it as `cursor` to get the next page. Null: there is no more.
             * @example 1764072000000000_1207
             */
            nextCursor: string | null;
            success: boolean;
        };
        Ban: {
            /**
             * @description Free text.
             * @example stolen
             */
            reason?: string | null;
        };
        BulkCommandEntry: {
            /**
             * @description In place of `command`: the name of an action of the catalogue, which makes the text out of `params`.
             * @example output1-on
             */
            action?: string | null;
            /**
             * @description 14 lets the device check that the command is for its IMEI; few models know it.
             * @default 12
             * @enum {number|null}
             */
            codec?: 12 | 14 | null;
            /**
             * @description The text that is written to the device: printable ASCII, at most 160 characters. Required unless `action` is given.
             * @example getinfo
             */
            command?: string | null;
            /** @description Conditions for every write of the command. Those of its entry in the catalogue hold too. */
            guard?: components["schemas"]["GuardConditions"] | null;
            /**
             * @description As the header Idempotency-Key of POST command: for 24 hours, the same key and entry give the same command back.
             * @example job-123
             */
            idempotencyKey?: string | null;
            /**
             * @description 15 digits.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description How often it is sent again when the device does not answer. 0: at most one execution.
             * @example 3
             */
            maxRetry?: number | null;
            /**
             * @description Any JSON; comes back in every event of this command.
             * @example {
             *       "job_id": "123",
             *       "action": "START"
             *     }
             */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description `live`: the device must be connected. `queue`: sent at its next login, until `ttlSeconds`.
             * @default live
             * @enum {string|null}
             */
            mode?: "live" | "queue" | null;
            /**
             * @description The parameters of the action. `GET command-catalogue` has their JSON Schema (`paramsSchema`).
             * @example {
             *       "timeoutSeconds": 10
             *     }
             */
            params?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description Seconds a device gets that has accepted the command and postponed it, until a speed is low enough for example. Not given:
             *     COMMAND_POSTPONED_SECONDS.
             * @example 86400
             */
            postponedSeconds?: number | null;
            /**
             * @description Seconds the device gets to answer one attempt.
             * @example 60
             */
            timeoutSeconds?: number | null;
            /**
             * @description mode=queue: how long it may wait for the device. Default one day.
             * @default 86400
             */
            ttlSeconds?: number | null;
            /** @description Written before the other commands of the device that wait. Not given: as the action says, otherwise false. */
            urgent?: boolean | null;
        };
        BulkCommandResult: {
            /**
             * @description Of a refused entry, stable, for programs.
             * @example DEVICE_NOT_CONNECTED
             */
            code?: string;
            /**
             * @description Of an accepted entry.
             * @example 1207
             */
            commandLogId?: string;
            /**
             * @description Of a refused entry, for people.
             * @example Device not connected
             */
            error?: string;
            /** @description Of GUARD_NOT_MET: what the guard was compared with. */
            facts?: components["schemas"]["GuardFacts"];
            /**
             * @description The status that POST command would have answered: 200, 202, or that of the error.
             * @example 200
             */
            status: number;
        };
        BulkCommands: {
            /** @description Each is accepted or refused for itself. Those of one device come in their order. */
            commands: components["schemas"]["BulkCommandEntry"][];
        };
        BulkCommandsAnswer: {
            /**
             * @description Entries with status 200 or 202.
             * @example 1
             */
            accepted: number;
            /**
             * @description Entries of the request.
             * @example 2
             */
            count: number;
            /** @description In the order of the entries. */
            results: components["schemas"]["BulkCommandResult"][];
            success: boolean;
        };
        /** @description Failed commands: up to 100, collected for up to a second. */
        BulkFailureRequest: {
            entries: components["schemas"]["CommandFailedEvent"][];
            /**
             * @description The id of the request: that of its only event, or that of the batch.
             * @example bat_3c1de6a0-5f0b-4f8e-8f61-0c1c2f7a9d11
             */
            eventId: string;
            /**
             * Format: date-time
             * @description When the latest of the events happened.
             */
            occurredAt: string;
            /**
             * @description That of the only event; null for a batch, whose entries have their own.
             * @example null
             */
            sequence: number | null;
            /**
             * @description The type of the events.
             * @constant
             */
            type: "command.failed";
        };
        BulkRegistered: {
            count: number;
            /** @description How many of them were not registered before. */
            created: number;
            success: boolean;
        };
        BulkRegistration: {
            /** @description All of them are registered, or none. */
            devices: components["schemas"]["DeviceRegistration"][];
        };
        Circuit: {
            /** Format: date-time */
            since: string | null;
            /**
             * @description `open`: the host seems to be down; probes look whether it is back, everything else waits.
             * @enum {string}
             */
            state: "closed" | "open" | "half-open";
        };
        Command: {
            /**
             * @description The action of the catalogue that the text was made of.
             * @example output1-on
             */
            action: string | null;
            /** @description How often it was written to the device, or may have been. */
            attempts: number;
            /** @enum {number} */
            codec: 12 | 14;
            /** @example getinfo */
            command: string;
            /**
             * @description A 64-bit number in decimal.
             * @example 1207
             */
            commandLogId: string;
            /** Format: date-time */
            completedAt: string | null;
            /**
             * @description What completed it: a reply of the device, or a telemetry record that shows the outputs as the command asked for them.
             * @enum {string|null}
             */
            confirmedBy: "reply" | "telemetry" | null;
            /** Format: date-time */
            createdAt: string;
            /**
             * @description What the device said about it, its words are in `response`. queued: accepted, it executes the command later, until `expiresAt`.
             *     unrecognised: words that no pattern knows. Neither is written again.
             * @enum {string|null}
             */
            deviceState: "queued" | "unrecognised" | null;
            /** Format: date-time */
            estimatedTimeoutAt: string;
            /** Format: date-time */
            expiresAt: string;
            /** @description Conditions for every write, those of the request and of its catalogue entry together. */
            guard: components["schemas"]["Guard"] | null;
            /** @example 350612345678901 */
            imei: string;
            /** @description Confirmed after its failure had been reported. */
            late: boolean;
            maxRetry: number;
            /**
             * @example {
             *       "job_id": "123"
             *     }
             */
            metadata: {
                [key: string]: unknown;
            } | null;
            /** @enum {string} */
            mode: "live" | "queue";
            /**
             * @description The parameters of the action, with the defaults.
             * @example {
             *       "timeoutSeconds": 10
             *     }
             */
            params: {
                [key: string]: unknown;
            } | null;
            /** @description How long a device that has postponed it may take to execute it. */
            postponedSeconds: number;
            /**
             * @description Why it FAILED. expired, cancelled: no byte was ever written. unconfirmed: written and never confirmed, the device may have
             *     executed it. rejected: the device answered with an error. superseded: a newer command took its place. unrecognised: the device
             *     answered in words that no pattern knows, it may have executed it. guard: its conditions did not hold until its time was over, no byte was
             *     ever written.
             * @enum {string|null}
             */
            reason: "expired" | "unconfirmed" | "rejected" | "superseded" | "cancelled" | "unrecognised" | "guard" | null;
            /**
             * @description The device's words.
             * @example DOUT1:1 Timeout:INFINITY
             */
            response: string | null;
            /** Format: date-time */
            sentAt: string | null;
            /** @enum {string} */
            status: "PENDING" | "COMPLETED" | "FAILED";
            /**
             * @description `commandLogId` of the newer command that ended it: the same text, the same output or parameter, or an action that replaces it.
             * @example 1208
             */
            supersededBy: string | null;
            timeoutSeconds: number;
            /** Format: date-time */
            updatedAt: string;
            /** @description It is written before the other commands of the device that wait. */
            urgent: boolean;
        };
        CommandAccepted: {
            /** @example 1207 */
            commandLogId: string;
            /**
             * @description What completed it.
             * @enum {string|null}
             */
            confirmedBy?: "reply" | "telemetry" | null;
            /**
             * @description What the device said about a command that has not ended. queued: it has accepted the command and executes it later.
             * @enum {string|null}
             */
            deviceState?: "queued" | "unrecognised" | null;
            /** @example Command sent */
            message: string;
            /**
             * @description Why it FAILED. This field and the following ones are in the answer to a request that has waited (`Prefer: wait`) only.
             * @enum {string|null}
             */
            reason?: "expired" | "unconfirmed" | "rejected" | "superseded" | "cancelled" | "unrecognised" | "guard" | null;
            /**
             * @description The device's words.
             * @example DOUT1:1 Timeout:INFINITY
             */
            response?: string | null;
            /** @enum {string} */
            status: "PENDING" | "COMPLETED" | "FAILED";
            success: boolean;
        };
        CommandAnswer: {
            /** @description In the order in which they were written. */
            attempts: components["schemas"]["CommandAttempt"][];
            command: components["schemas"]["Command"];
            /** @description Older attempts were left out, because the answer would have become too large. */
            hasOlderAttempts: boolean;
            success: boolean;
        };
        CommandAttempt: {
            attempt: number;
            /** Format: date-time */
            endedAt: string | null;
            /** @description The newest record when it was written; null for a command without a guard. */
            guardFacts: components["schemas"]["GuardFacts"] | null;
            /**
             * @description The device's words, one line each when there were several.
             * @example DOUT1:1 Timeout:INFINITY
             */
            reply: string | null;
            /** @enum {string|null} */
            result: "confirmed" | "rejected" | "timeout" | "disconnected" | "superseded" | "postponed" | "unrecognised" | null;
            /** Format: date-time */
            sentAt: string;
            /**
             * @description The connection it was written to.
             * @example 0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            socketUuid: string;
        };
        CommandCancelled: {
            command: components["schemas"]["Command"];
            success: boolean;
        };
        CommandCatalogue: {
            actions: components["schemas"]["Action"][];
            commands: components["schemas"]["CommandDefinition"][];
            count: number;
            success: boolean;
        };
        /** @description A device has confirmed a command. */
        CommandCompletedEvent: {
            /**
             * @description The action of the catalogue that the text was made of; null when the request gave the text.
             * @example output1-on
             */
            action: string | null;
            /**
             * @description How often the command was written to a device, or may have been.
             * @example 1
             */
            attempts: number;
            /**
             * @description The text that was sent to the device.
             * @example setdigout 1?
             */
            command: string;
            /**
             * @description The id of the command.
             * @example 4711
             */
            command_log_id: string;
            /**
             * @description What confirmed the command: a reply of the device, or a record that shows the outputs in the state that was asked for. `response` is then what the device had replied before, or null.
             * @enum {string}
             */
            confirmed_by: "reply" | "telemetry";
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * @description Always true.
             * @constant
             */
            identified: true;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /** @description The failure of the command had been reported before. */
            late: boolean;
            /**
             * @description The `metadata` of the request, unchanged; null when it had none.
             * @example {
             *       "job_id": "123"
             *     }
             */
            metadata: unknown;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description The text that the device has answered.
             * @example DOUT1:1 Timeout:INFINITY
             */
            response: string | null;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The id of the newer command that took its place.
             * @example 4712
             */
            superseded_by: string | null;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "command.completed";
        };
        CommandDefinition: {
            /** @example setdigout */
            command: string;
            /**
             * @description What it does to the vehicle or the device, null when harmless.
             * @example Switches digital outputs
             */
            destructive: string | null;
            /**
             * @description What of the command the reply repeats: nothing, the id it names (the first group of `success`), states of digital outputs, its
             *     `<id>:<value>` pairs, or its argument (the first group).
             * @enum {string}
             */
            discriminator: "none" | "id" | "outputs" | "settings" | "value";
            /** @description A reply without text can be its answer. */
            emptyReply: boolean;
            /** @description Replies of real devices. */
            examples: string[];
            /**
             * @description Of a reply that says it failed.
             * @example ^Invalid
             */
            failure: string | null;
            /** @description Conditions for every write of such a command, in addition to those of a request. */
            guard: components["schemas"]["Guard"] | null;
            /**
             * @description For people.
             * @example ? leaves an output as it is
             */
            notes: string | null;
            /**
             * @description Of a reply that says it will be done later.
             * @example queued$
             */
            queued: string | null;
            /**
             * @description At most one command of a shape is in flight for a device.
             * @example setdigout
             */
            replyShape: string;
            /** @description The device says nothing when it has done it. */
            silent: boolean;
            /**
             * @description Regular expression of a reply that confirms it.
             * @example ^DOUT1:
             */
            success: string | null;
            /**
             * @description How it is written.
             * @example setdigout <states> [timeout seconds]
             */
            syntax: string;
            /**
             * @description What it changes: "outputs", "params" or a name. A newer command that changes the same replaces it. Null: nothing of that kind.
             * @example outputs
             */
            target: string | null;
            /** @description A TFT100 knows it. */
            tft100: boolean;
        };
        /** @description A command has failed. */
        CommandFailedEvent: {
            /**
             * @description The action of the catalogue that the text was made of; null when the request gave the text.
             * @example output1-on
             */
            action: string | null;
            /**
             * @description How often the command was written to a device, or may have been.
             * @example 1
             */
            attempts: number;
            /**
             * @description The text that was sent to the device.
             * @example setdigout 1?
             */
            command: string;
            /**
             * @description The id of the command.
             * @example 4711
             */
            command_log_id: string;
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description The `metadata` of the request, unchanged; null when it had none.
             * @example {
             *       "job_id": "123"
             *     }
             */
            metadata: unknown;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description Why: `expired`, `unconfirmed`, `rejected`, `superseded`, `cancelled`, `unrecognised` or `guard`. More may be added.
             * @example expired
             */
            reason: string | null;
            /**
             * @description The text that the device has answered.
             * @example DOUT1:1 Timeout:INFINITY
             */
            response: string | null;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The id of the newer command that took its place.
             * @example 4712
             */
            superseded_by: string | null;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "command.failed";
        };
        CommandFindings: {
            completed: number;
            unansweredAttempts: number;
            unconfirmed: number;
        };
        CommandList: {
            commands: components["schemas"]["Command"][];
            count: number;
            /**
             * @description Give it as `cursor` to get the next page. Null: there is no more.
             * @example 1764072000000000_1207
             */
            nextCursor: string | null;
            success: boolean;
        };
        /** @description A device has accepted a command and executes it later. */
        CommandPostponedEvent: {
            /**
             * @description The action of the catalogue that the text was made of; null when the request gave the text.
             * @example output1-on
             */
            action: string | null;
            /**
             * @description How often the command was written to a device, or may have been.
             * @example 1
             */
            attempts: number;
            /**
             * @description The text that was sent to the device.
             * @example setdigout 1?
             */
            command: string;
            /**
             * @description The id of the command.
             * @example 4711
             */
            command_log_id: string;
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * Format: date-time
             * @description When the command fails unless the device has confirmed it.
             * @example 2026-11-23T12:00:00.000Z
             */
            expires_at: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description The `metadata` of the request, unchanged; null when it had none.
             * @example {
             *       "job_id": "123"
             *     }
             */
            metadata: unknown;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description The text that the device has answered.
             * @example DOUT1:1 Timeout:INFINITY
             */
            response: string | null;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "command.postponed";
        };
        /** @description A command is written to its device again. */
        CommandRetriedEvent: {
            /**
             * @description The action of the catalogue that the text was made of; null when the request gave the text.
             * @example output1-on
             */
            action: string | null;
            /**
             * @description The number of this attempt.
             * @example 2
             */
            attempt: number;
            /**
             * @description The text that was sent to the device.
             * @example setdigout 1?
             */
            command: string;
            /**
             * @description The id of the command.
             * @example 4711
             */
            command_log_id: string;
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description The `metadata` of the request, unchanged; null when it had none.
             * @example {
             *       "job_id": "123"
             *     }
             */
            metadata: unknown;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "command.retried";
        };
        CreateCommand: {
            /**
             * @description In place of `command`: the name of an action of the catalogue, which makes the text out of `params`.
             * @example output1-on
             */
            action?: string | null;
            /**
             * @description 14 lets the device check that the command is for its IMEI; few models know it.
             * @default 12
             * @enum {number|null}
             */
            codec?: 12 | 14 | null;
            /**
             * @description The text that is written to the device: printable ASCII, at most 160 characters. Required unless `action` is given.
             * @example getinfo
             */
            command?: string | null;
            /** @description Conditions for every write of the command. Those of its entry in the catalogue hold too. */
            guard?: components["schemas"]["GuardConditions"] | null;
            /**
             * @description 15 digits.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description How often it is sent again when the device does not answer. 0: at most one execution.
             * @example 3
             */
            maxRetry?: number | null;
            /**
             * @description Any JSON; comes back in every event of this command.
             * @example {
             *       "job_id": "123",
             *       "action": "START"
             *     }
             */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description `live`: the device must be connected. `queue`: sent at its next login, until `ttlSeconds`.
             * @default live
             * @enum {string|null}
             */
            mode?: "live" | "queue" | null;
            /**
             * @description The parameters of the action. `GET command-catalogue` has their JSON Schema (`paramsSchema`).
             * @example {
             *       "timeoutSeconds": 10
             *     }
             */
            params?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description Seconds a device gets that has accepted the command and postponed it, until a speed is low enough for example. Not given:
             *     COMMAND_POSTPONED_SECONDS.
             * @example 86400
             */
            postponedSeconds?: number | null;
            /**
             * @description Seconds the device gets to answer one attempt.
             * @example 60
             */
            timeoutSeconds?: number | null;
            /**
             * @description mode=queue: how long it may wait for the device. Default one day.
             * @default 86400
             */
            ttlSeconds?: number | null;
            /** @description Written before the other commands of the device that wait. Not given: as the action says, otherwise false. */
            urgent?: boolean | null;
        };
        CreateKey: {
            /**
             * @description When the key expires, ISO 8601 or Unix milliseconds. Not given: never.
             * @example 2035-01-01T00:00:00Z
             */
            expiresAt?: (string | number) | null;
            /**
             * @description Who or what will use it, as the audit shows it. Not the name of another key; `IOT_API_KEY` and `command line` are taken.
             * @example app
             */
            name: string;
            /**
             * @description `read` looks, `command` gives devices commands and does not include `read`, `admin` may do everything.
             * @example [
             *       "read",
             *       "command"
             *     ]
             */
            scopes: ("read" | "command" | "admin")[];
        };
        DeliveryAttempt: {
            /**
             * @description The first KB of the host's answer.
             * @example ok
             */
            answer: string | null;
            attempt: number;
            /** Format: date-time */
            attemptedAt: string;
            durationMs: number;
            /**
             * @description Why there was no answer.
             * @example connect ECONNREFUSED 127.0.0.1:3000
             */
            error: string | null;
            /** @description HTTP status; null when no answer came. */
            status: number | null;
            /**
             * @description The event's own id, or that of the batch it was in.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            webhookId: string;
        };
        Device: {
            /**
             * Format: date-time
             * @description When this connection was accepted.
             */
            connectedAt: string;
            /**
             * @description Unique for each connection.
             * @example 0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            connectionId: string;
            /** @description Increases with every login of a device. */
            epoch: number;
            /** @example 350612345678901 */
            imei: string;
            /**
             * @description Name of the instance that holds the connection.
             * @example iot-broker-7c9f4:1
             */
            instance: string;
            /**
             * @description Id of that instance.
             * @example 7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10
             */
            instanceId: string;
            /**
             * Format: date-time
             * @description When the last frame arrived; null before the first one, and when the device is connected to another instance than the answering one.
             */
            lastFrameAt: string | null;
            /** @description Records acknowledged on this connection; null when the device is connected to another instance than the answering one. */
            records: number | null;
            /** @example 127.0.0.1 */
            remoteAddress: string;
            /** @example 40112 */
            remotePort: number;
        };
        DeviceAnswer: {
            device: components["schemas"]["Device"];
            success: boolean;
        };
        /** @description A device has logged in. */
        DeviceConnectedEvent: {
            /**
             * Format: date-time
             * @description When the connection was accepted.
             * @example 2026-11-23T12:00:00.000Z
             */
            connectedAt: string;
            /**
             * @description Grows with every login of the device.
             * @example 812
             */
            epoch: number;
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description The name of the instance that the device is connected to.
             * @example gateway-0
             */
            instance: string;
            /**
             * Format: uuid
             * @description Its id.
             * @example 6f1c2f5a-7d7e-4c39-9d5c-0a4bb0f3e8d1
             */
            instanceId: string;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description The address of the device.
             * @example 203.0.113.7
             */
            remoteAddress: string;
            /**
             * @description The port of the device.
             * @example 40123
             */
            remotePort: number;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "device.connected";
        };
        /** @description A device is not connected any more. */
        DeviceDisconnectedEvent: {
            /**
             * Format: date-time
             * @description When the connection was accepted.
             * @example 2026-11-23T12:00:00.000Z
             */
            connectedAt: string;
            /**
             * @description Grows with every login of the device.
             * @example 812
             */
            epoch: number;
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description The name of the instance that the device is connected to.
             * @example gateway-0
             */
            instance: string;
            /**
             * Format: uuid
             * @description Its id.
             * @example 6f1c2f5a-7d7e-4c39-9d5c-0a4bb0f3e8d1
             */
            instanceId: string;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description Why the connection ended. More reasons may be added.
             * @example peer
             */
            reason: string;
            /**
             * @description The address of the device.
             * @example 203.0.113.7
             */
            remoteAddress: string;
            /**
             * @description The port of the device.
             * @example 40123
             */
            remotePort: number;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "device.disconnected";
        };
        DeviceList: {
            count: number;
            devices: components["schemas"]["Device"][];
            success: boolean;
        };
        DeviceLogEntry: {
            /** Format: date-time */
            at: string;
            /**
             * @description Address of a login, reason of a disconnect, or cause and count of entries that are added up.
             * @example {
             *       "cause": "BAD_CRC",
             *       "count": 3
             *     }
             */
            detail: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            kind: "login" | "refused" | "closed" | "rejected_frames" | "resent_records";
        };
        DeviceMessage: {
            /** @description 12, 13, 14 or 15. */
            codec: number;
            /**
             * Format: date-time
             * @description When the device sent it, by its own clock; codecs 13 and 15 only.
             */
            deviceTime: string | null;
            /** @example 1207 */
            messageId: string;
            /** @description The type byte of the codec: 6 a reply or serial data, 11 codec 15, 17 a nACK, 13 a photo. */
            messageType: number;
            /**
             * @description The payload in hex: serial data need not be text.
             * @example 48656c6c6f
             */
            payloadHex: string;
            /** Format: date-time */
            receivedAt: string;
            /** @example Hello */
            text: string;
        };
        /** @description A device has sent a message that answers no command. */
        DeviceMessageEvent: {
            /**
             * @description 12, 13, 14 or 15.
             * @example 12
             */
            codec: number;
            /**
             * Format: date-time
             * @description The time in the message; null when its codec has none.
             * @example 2026-11-23T12:00:00.000Z
             */
            deviceTime: string | null;
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description The id of the message.
             * @example 31
             */
            messageId: string;
            /**
             * @description The type byte of the message.
             * @example 6
             */
            messageType: number;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description The payload, byte for byte.
             * @example 4449313a31204449323a30
             */
            payloadHex: string;
            /**
             * Format: date-time
             * @description When the gateway received it.
             * @example 2026-11-23T12:00:00.000Z
             */
            receivedAt: string;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The payload as text.
             * @example DI1:1 DI2:0
             */
            text: string;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "device.message";
        };
        DeviceMessageList: {
            count: number;
            /** @example 350612345678901 */
            imei: string;
            messages: components["schemas"]["DeviceMessage"][];
            /** @example 1207 */
            nextCursor: string | null;
            success: boolean;
        };
        DeviceRegistration: {
            /**
             * @description Addresses that it may log in from, as CIDR blocks. Left out: unchanged. Null or empty: any address.
             * @example [
             *       "198.51.100.0/24"
             *     ]
             */
            allowedRanges?: string[] | null;
            /**
             * @description 15 digits.
             * @example 350612345678901
             */
            imei: string;
            /**
             * @description Free text. Left out: unchanged. Null: cleared.
             * @example Van 12
             */
            name?: string | null;
            /**
             * @description Free text. Left out: unchanged. Null: cleared.
             * @example Keys in the office
             */
            note?: string | null;
        };
        DeviceRemoved: {
            success: boolean;
        };
        DeviceTrace: {
            /** @example 350612345678901 */
            imei: string;
            traced: boolean;
            /**
             * Format: date-time
             * @description When the trace ends automatically. Null when it does not end (LOG_DEVICE), and when none is active.
             */
            until: string | null;
        };
        DeviceTraceAnswer: {
            success: boolean;
            trace: components["schemas"]["DeviceTrace"];
        };
        DeviceTraceList: {
            count: number;
            success: boolean;
            traces: components["schemas"]["DeviceTrace"][];
        };
        Diagnosis: {
            admission: components["schemas"]["AdmissionFindings"];
            commands: components["schemas"]["CommandFindings"];
            /** Format: date-time */
            connectedSince: string | null;
            /** @example 350612345678901 */
            imei: string;
            likelyCauses: components["schemas"]["LikelyCause"][];
            /** @description Newest first. */
            log: components["schemas"]["DeviceLogEntry"][];
            records: components["schemas"]["RecordFindings"];
            success: boolean;
        };
        ErasedCounts: {
            /** @description With their attempts. */
            command: number;
            deviceMessage: number;
            /** @description With their deliveries and attempts. The host does not receive those that had not been delivered. */
            event: number;
            latestRecord: number;
            logEntry: number;
            quarantinedFrame: number;
            /** @description Telemetry records. */
            record: number;
            refusedDevice: number;
            /** @description Reports of records that the database has refused. */
            setAsideReport: number;
        };
        Erasure: {
            receipt: components["schemas"]["ErasureReceipt"];
            success: boolean;
        };
        ErasureReceipt: {
            /** Format: date-time */
            completedAt: string;
            erased: components["schemas"]["ErasedCounts"];
            /** @example 350612345678901 */
            imei: string;
            /** @description Nothing is left that an erasure deletes: `notErased` is empty. */
            isComplete: boolean;
            /**
             * @description Kinds of which entries were kept: they admit or identify the device, or prove what was done.
             * @example [
             *       "registration",
             *       "eventSequence",
             *       "daysWithRecords",
             *       "auditEntry"
             *     ]
             */
            kept: string[];
            notErased: components["schemas"]["NotErased"];
            /**
             * Format: date-time
             * @description What was stored until then was erased. What the device sends later is stored as usual.
             */
            startedAt: string;
        };
        /** @description Events of different devices that were due at the same time: from two to WEBHOOK_BATCH_SIZE. */
        EventBatchRequest: {
            /**
             * @description The id of the batch.
             * @example bat_3c1de6a0-5f0b-4f8e-8f61-0c1c2f7a9d11
             */
            eventId: string;
            events: (components["schemas"]["CommandCompletedEvent"] | components["schemas"]["CommandRetriedEvent"] | components["schemas"]["CommandPostponedEvent"] | components["schemas"]["TelemetryEvent"] | components["schemas"]["DeviceMessageEvent"] | components["schemas"]["DeviceConnectedEvent"] | components["schemas"]["DeviceDisconnectedEvent"])[];
            /**
             * Format: date-time
             * @description When the latest of the events happened.
             */
            occurredAt: string;
            /** @description Each event has its own. */
            sequence: null;
            /** @constant */
            type: "batch";
        };
        EventFeed: {
            count: number;
            events: components["schemas"]["FeedEvent"][];
            /** @description There is more at once. */
            hasMore: boolean;
            /**
             * @description Give it as `after` to go on from here, now or when something has happened.
             * @example 81264_1207
             */
            nextCursor: string;
            success: boolean;
        };
        FeedEvent: {
            /** @description What a webhook delivers; of a failed command, its entry. Null for a telemetry event that has not been delivered or read, and still grows. */
            body: components["schemas"]["CommandCompletedEvent"] | components["schemas"]["CommandFailedEvent"] | components["schemas"]["CommandRetriedEvent"] | components["schemas"]["CommandPostponedEvent"] | components["schemas"]["TelemetryEvent"] | components["schemas"]["DeviceMessageEvent"] | components["schemas"]["DeviceConnectedEvent"] | components["schemas"]["DeviceDisconnectedEvent"] | null;
            /**
             * @description The `webhook-id` of the event when it is delivered alone.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /** @example 350612345678901 */
            imei: string;
            /** @example 2026-11-23T12:00:00.000Z */
            occurredAt: string;
            /** @description Counts up within the device, without gaps. */
            sequence: number;
            /** @enum {string} */
            type: "command.completed" | "command.failed" | "command.retried" | "command.postponed" | "telemetry" | "device.message" | "device.connected" | "device.disconnected";
        };
        Guard: {
            /**
             * @example off
             * @enum {string|null}
             */
            ignition?: "on" | "off" | null;
            /** @example 120 */
            maxRecordAgeSeconds: number;
            /** @example 5 */
            maxSpeedKmh: number | null;
            /** @example 2026-11-23T12:00:00.000Z */
            notAfter: string | null;
        };
        GuardConditions: {
            /**
             * @description The state of the ignition (AVL id 239). A record without it does not meet it.
             * @example off
             * @enum {string}
             */
            ignition?: "on" | "off";
            /**
             * @description Seconds by which the device time of the newest record may differ from the present (clock of the database), in either direction.
             * @default 120
             */
            maxRecordAgeSeconds?: number;
            /**
             * @description The greatest speed, in km/h. A record without a fix (0 satellites, speed 0) does not meet it.
             * @example 5
             */
            maxSpeedKmh?: number;
            /**
             * @description Not written after this time, ISO 8601 or Unix milliseconds. A command that waits ends then.
             * @example 2026-11-23T00:00:00Z
             */
            notAfter?: string | number;
        };
        GuardFacts: {
            /**
             * @description Null: no record, or one without AVL id 239.
             * @example off
             * @enum {string|null}
             */
            ignition?: "on" | "off" | null;
            /**
             * @description Negative for a record from the future.
             * @example 12.4
             */
            recordAgeSeconds: number | null;
            /**
             * @description Its device time. Null: the device has no record.
             * @example 2026-11-23T11:59:48.000Z
             */
            recordTime: string | null;
            /**
             * @description Null: no record, or one without a fix.
             * @example 3
             */
            speedKmh: number | null;
        };
        InstanceStats: {
            /** @description Devices connected to it. */
            devices: number;
            /** Format: date-time */
            heartbeatAt: string;
            /** @example iot-broker-7c9f4:1 */
            instance: string;
            /** @example 7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10 */
            instanceId: string;
            /** Format: date-time */
            startedAt: string;
            /** @description Its own sections, as of its last heartbeat. */
            stats: {
                [key: string]: unknown;
            } | null;
        };
        IoElement: {
            /**
             * @description The column of the telemetry table. Null when its values are in `io`.
             * @example external_voltage
             */
            column: string | null;
            /** @description Another device family uses this id with another meaning. */
            differsBetweenFamilies: boolean;
            /**
             * @description Raw values that are either an error code or a measurement, with an explanation.
             * @example {
             *       "850": "sensor not ready, unless it is 85.0 °C"
             *     }
             */
            doubts: {
                [key: string]: string;
            } | null;
            /**
             * @description Raw values that are an error code, and the meaning of each.
             * @example {
             *       "32767": "sensor not found"
             *     }
             */
            errors: {
                [key: string]: string;
            } | null;
            /** @example Permanent I/O elements */
            group: string | null;
            /** @description AVL id. */
            id: number;
            /** @description The API writes the value with leading zeros, up to this number of digits. */
            minDigits: number | null;
            multiplier: number | null;
            /** @example External Voltage */
            name: string;
            /**
             * @description Further widths with the same meaning.
             * @example [
             *       4
             *     ]
             */
            otherWidths: number[];
            /** @description In the table of the TFT100. */
            tft100: boolean;
            /** @enum {string} */
            type: "unsigned" | "signed" | "hex" | "ascii";
            /** @example V */
            unit: string | null;
            /**
             * @description Meanings of single values.
             * @example {
             *       "0": "stopped",
             *       "1": "moving"
             *     }
             */
            values: {
                [key: string]: string;
            } | null;
            variable: boolean;
            /** @description Bytes by the table, null where it gives none. */
            width: number | null;
        };
        IoElementList: {
            count: number;
            elements: components["schemas"]["IoElement"][];
            success: boolean;
        };
        Key: {
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string | null;
            /**
             * @description A 64-bit number in decimal.
             * @example 1
             */
            keyId: string;
            /**
             * Format: date-time
             * @description Up to a minute late; null: never.
             */
            lastUsedAt: string | null;
            /** @example app */
            name: string;
            /** Format: date-time */
            revokedAt: string | null;
            /**
             * @example [
             *       "read",
             *       "command"
             *     ]
             */
            scopes: ("read" | "command" | "admin")[];
        };
        KeyAnswer: {
            key: components["schemas"]["Key"];
            success: boolean;
        };
        KeyList: {
            count: number;
            keys: components["schemas"]["Key"][];
            success: boolean;
        };
        KeyMade: {
            key: components["schemas"]["Key"];
            /**
             * @description What goes into `x-api-key`. Shown this once: only its hash is kept.
             * @example iot_and_43_letters_digits_dashes_underscores
             */
            secret: string;
            success: boolean;
        };
        LatestList: {
            count: number;
            /**
             * @description Devices of `imeis` on this page that have no record, or only records more than two days ahead.
             * @example [
             *       "350612345678902"
             *     ]
             */
            missing: string[];
            /**
             * @description Pass it as `cursor` to get the next page. Null: this is the last page.
             * @example 350612345678901
             */
            nextCursor: string | null;
            /** @description In the order of the IMEIs. */
            records: components["schemas"]["LatestRecord"][];
            success: boolean;
        };
        LatestRecord: {
            /** @description Metres. */
            altitude: number;
            /** @description Degrees clockwise from north. */
            angle: number;
            /**
             * @description view=raw: raw values by column name, those that the record has. view=position: `gnss_status` and `sleep_mode` of them.
             * @example {
             *       "external_voltage": 12843,
             *       "movement": 1
             *     }
             */
            attributes?: {
                [key: string]: unknown;
            };
            /** @description view=scaled: every attribute with name, unit and multiplied value. */
            elements?: components["schemas"]["ScaledElement"][];
            /** @description The AVL id whose change made the device write this record, 0 for a periodic one. */
            eventIoId: number;
            /** @description Codec 16 only. */
            generationType: number | null;
            /** @example 350612345678901 */
            imei: string;
            /**
             * @description view=raw: raw values by AVL id, of attributes that have no column or did not fit it. The JSON type follows the id. An id that occurs
             *     several times in the record has an array of all its values here, and the last one in its column. `widths` has the bytes on the wire of ids
             *     whose width does not fit the dictionary.
             * @example {
             *       "24": 17
             *     }
             */
            io?: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description When the device recorded it, by its own clock.
             */
            iotTimestamp: string;
            /**
             * @description Degrees, seven decimals at most.
             * @example 54.6872
             */
            latitude: number;
            /**
             * @description Degrees, seven decimals at most.
             * @example 25.2797
             */
            longitude: number;
            /** @description 0: low, 1: high, 2: panic. */
            priority: number;
            /** @description 0 means no fix: the coordinates are the last known ones. */
            satellites: number;
            /** @description km/h. */
            speed: number;
            /**
             * Format: date-time
             * @description When the gateway received it.
             */
            timestamp: string;
        };
        LikelyCause: {
            /**
             * @description Stable code for programs.
             * @example CLOCK_AHEAD
             */
            code: string;
            /**
             * @description Description.
             * @example The clock of the device is an hour ahead
             */
            text: string;
        };
        NotErased: {
            /** @description Their bytes may be on the way to the device. Cancel them or wait for their end, then erase again. */
            pendingCommands: number;
            /** @description Stored records of the device wait for their event, which is made within TELEMETRY_EVENT_INTERVAL. Erase again after that. */
            unreportedRecords: boolean;
        };
        Problem: {
            /**
             * @description Stable, for programs.
             * @example DEVICE_NOT_CONNECTED
             */
            code: string;
            /**
             * @description For people.
             * @example Device not connected
             */
            error: string;
            /** @description Of GUARD_NOT_MET: what the guard was compared with. */
            facts?: components["schemas"]["GuardFacts"];
            /**
             * @description Of a failure that is not yours (5xx): it is in the log of the gateway too.
             * @example 7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10
             */
            requestId?: string;
            /** @enum {boolean} */
            success: false;
        };
        QuarantineAnswer: {
            entry: components["schemas"]["QuarantineEntry"];
            success: boolean;
        };
        QuarantineEntry: {
            /** @example needs 8 bytes at offset 20, 3 are left */
            detail: string;
            /** @example 350612345678901 */
            imei: string;
            /** Format: date-time */
            lastReceivedAt: string;
            /**
             * @description How often the device sent these bytes.
             * @example 1
             */
            occurrences: number;
            /**
             * @description A 64-bit number in decimal.
             * @example 1207
             */
            quarantineId: string;
            /**
             * @description The bytes in hex: of a frame from preamble to CRC.
             * @example 000000000000003f0703
             */
            rawHex: string;
            /**
             * @description Error code, as in the metric of rejected frames.
             * @example TRUNCATED
             */
            reason: string;
            /**
             * Format: date-time
             * @description When the bytes were received for the first time.
             */
            receivedAt: string;
            /** @example 198.51.100.7 */
            remoteAddress: string;
            /**
             * @description `frame`: a whole frame that could not be decoded. `record`: one record that the database rejected.
             * @enum {string}
             */
            scope: "frame" | "record";
        };
        QuarantineList: {
            count: number;
            entries: components["schemas"]["QuarantineEntry"][];
            /**
             * @description Pass it as `cursor` to get the next page. Null: this is the last page.
             * @example 1207
             */
            nextCursor: string | null;
            success: boolean;
        };
        QuarantineRetried: {
            /**
             * @description Records of them that were stored before.
             * @example 0
             */
            duplicates: number;
            /**
             * @description Entries whose records are stored now; they are no longer in quarantine.
             * @example 2
             */
            moved: number;
            /**
             * @description Pass it as `cursor` to go on with the next entries. Null: no entries are left to retry.
             * @example 1207
             */
            nextCursor: string | null;
            /**
             * @description Entries that were decoded again.
             * @example 3
             */
            read: number;
            /**
             * @description Records of them that are new.
             * @example 20
             */
            recordsStored: number;
            /** @description Entries that stay in quarantine, with the reason. */
            remaining: components["schemas"]["StillQuarantined"][];
            success: boolean;
        };
        RecordFindings: {
            /** @description Of those without fix, the ones at 0/0. */
            atZero: number;
            /** @description Without satellites while the GNSS receiver was off or the device asleep (AVL ids 69 and 200). */
            gnssOff: number;
            /** Format: date-time */
            lastReceivedAt: string | null;
            /** @description Received minus device time, of the record for which it is least; negative: the clock is ahead. */
            leastClockOffsetSeconds: number | null;
            /** @description How many of its last records were examined. */
            looked: number;
            /** @description Without satellites, and neither 69 nor 200 explains it. */
            withoutFix: number;
        };
        RegisteredDevice: {
            /** @description Address ranges from which it may log in. Empty: any address. */
            allowedRanges: string[];
            /**
             * @description Reason of the ban. Null when the device is not banned, or when no reason was given.
             * @example stolen
             */
            banReason: string | null;
            /** Format: date-time */
            createdAt: string;
            /** @example 350612345678901 */
            imei: string;
            /** @example Van 12 */
            name: string | null;
            /**
             * @description Free text.
             * @example Keys in the office
             */
            note: string | null;
            /** @enum {string} */
            status: "registered" | "banned";
            /** Format: date-time */
            updatedAt: string;
        };
        RegisteredDeviceAnswer: {
            device: components["schemas"]["RegisteredDevice"];
            success: boolean;
        };
        RegisteredDeviceList: {
            count: number;
            devices: components["schemas"]["RegisteredDevice"][];
            /** @example 350612345678901 */
            nextCursor: string | null;
            success: boolean;
        };
        Registration: {
            /**
             * @description Addresses that it may log in from, as CIDR blocks. Left out: unchanged. Null or empty: any address.
             * @example [
             *       "198.51.100.0/24"
             *     ]
             */
            allowedRanges?: string[] | null;
            /**
             * @description Free text. Left out: unchanged. Null: cleared.
             * @example Van 12
             */
            name?: string | null;
            /**
             * @description Free text. Left out: unchanged. Null: cleared.
             * @example Keys in the office
             */
            note?: string | null;
        };
        Replay: {
            /**
             * @description `nextCursor` of the answer before, when there were more.
             * @example 81264_1207
             */
            cursor?: string | null;
            /**
             * @description Occurred at this time or later, ISO 8601.
             * @example 2026-11-23T00:00:00Z
             */
            from?: string | number | null;
            /**
             * @description Of one device only.
             * @example 350612345678901
             */
            imei?: string | null;
            /**
             * @description How they stand now.
             * @default dead
             * @enum {string|null}
             */
            state?: "dead" | "delivered" | "recorded" | null;
            /**
             * @description Occurred before this time.
             * @example 2026-11-23T00:00:00Z
             */
            to?: string | number | null;
            /**
             * @description What happened.
             * @enum {string|null}
             */
            type?: "command.completed" | "command.failed" | "command.retried" | "command.postponed" | "telemetry" | "device.message" | "device.connected" | "device.disconnected" | null;
        };
        ReplayAccepted: {
            /**
             * @description Not null: there were more than one request replays; give it as `cursor`.
             * @example 81264_1207
             */
            nextCursor: string | null;
            replayed: number;
            success: boolean;
        };
        RetryQuarantine: {
            /**
             * @description `nextCursor` of the previous response.
             * @example 1207
             */
            cursor?: string | null;
            /**
             * @description First received at this time or later, ISO 8601 or Unix milliseconds.
             * @example 2026-11-23T00:00:00Z
             */
            from?: string | number | null;
            /**
             * @description Limits the result to one device.
             * @example 350612345678901
             */
            imei?: string | null;
            /**
             * @description Entries to decode in this request, oldest first.
             * @default 100
             * @example 100
             */
            limit?: number | null;
            /**
             * @description Error code for which they were quarantined.
             * @example TRUNCATED
             */
            reason?: string | null;
            /**
             * @description First received before this time.
             * @example 2026-11-23T00:00:00Z
             */
            to?: string | number | null;
        };
        Rewind: {
            /**
             * @description Behind this event: a `cursor` of a sink or a `nextCursor` of `GET events`. `0_0` is the place before the first event.
             * @example 81264_1207
             */
            cursor?: string | null;
            /**
             * @description From the first event of this time or later.
             * @example 2026-11-23T00:00:00Z
             */
            time?: string | number | null;
        };
        ScaledElement: {
            /**
             * @description The column of the telemetry table. Null for a value in `io`.
             * @example external_voltage
             */
            column: string | null;
            /** @description AVL id. */
            id: number;
            /**
             * @description The meaning of the value, if the table has one: a state, an error code ("sensor not found"), an ambiguity. Or that the width does not fit.
             * @example sensor not found
             */
            meaning: string | null;
            /**
             * @description From Teltonika's AVL table. Null for an id that is not in the table, and when the width on the wire does not fit the table.
             * @example External Voltage
             */
            name: string | null;
            /**
             * @description As the device sent it. Ids of eight bytes are text, so that no digit is lost; ids of variable width are hex, or text in a column.
             * @example 12843
             */
            raw: number | string;
            /**
             * @description Null for a number without a multiplier in the table: its scale is not known.
             * @example V
             */
            unit: string | null;
            /**
             * @description The raw value times the multiplier of the table, or the raw value where the table gives none. Null when the raw value is an error code.
             *     Identifiers (iButton) have 16 hex digits; bytes that are text (VIN) are text.
             * @example 12.843
             */
            value: (number | null) | string;
        };
        Sink: {
            /**
             * @description The engine has acknowledged every event up to this one: a cursor of `GET events`.
             * @example 81264_1207
             */
            cursor: string;
            /** @enum {string} */
            engine: "nats" | "mqtt" | "kafka";
            /**
             * @description The instance that publishes.
             * @example 3f0c9d52-7f1e-4b58-9a53-0a4d1f6f2b11
             */
            instanceId: string | null;
            /** @description Events behind the cursor, of any type; counted up to 100,000. Null when they could not be counted. */
            lagEvents: number | null;
            /** @description Age of the oldest of them, in seconds. */
            lagSeconds: number | null;
            /**
             * @description Of the last attempt, while it failed.
             * @example connect ECONNREFUSED 10.0.0.5:4222
             */
            lastError: string | null;
            /** Format: date-time */
            lastErrorAt: string | null;
            /** @example nats */
            name: string;
            /** @description Messages that the engine has acknowledged since the sink exists; one that was published again counts again. */
            published: number;
            /** Format: date-time */
            publishedAt: string | null;
            /**
             * @description `publishing`; `failing`: the engine refuses connections or messages, `lastError` says why; `paused`: by an operator; `expired`: events that were not published
             *     have been deleted, nothing is published until a rewind; `waiting`: no instance publishes at the moment.
             * @enum {string}
             */
            state: "publishing" | "failing" | "paused" | "expired" | "waiting";
        };
        SinkAnswer: {
            sink: components["schemas"]["Sink"];
            success: boolean;
        };
        SinkList: {
            count: number;
            sinks: components["schemas"]["Sink"][];
            success: boolean;
        };
        StartTrace: {
            /**
             * @description Seconds after which the trace ends automatically.
             * @example 3600
             */
            ttlSeconds?: number | null;
        };
        Stats: {
            /** @description Devices that are logged in, on all instances. While the database is unavailable: on the answering instance. */
            authenticatedDevices: number;
            /** @description What the device log has stored and left out. */
            deviceLog?: {
                [key: string]: number;
            };
            /** @description Instances that are alive. Empty while the database is unavailable. */
            instances: components["schemas"]["InstanceStats"][];
            /** @description Bytes, as Node.js counts them. */
            memoryUsage: {
                [key: string]: number;
            };
            /** @description Logins that were refused, by reason. */
            refusedLogins?: {
                [key: string]: number;
            };
            success: boolean;
            /** @description The ingest: records stored, duplicates, batches, quarantine. */
            telemetry?: {
                [key: string]: unknown;
            };
            /** @description The device listener: connections, logins, frames, rejections by code. */
            transport: {
                [key: string]: unknown;
            };
            /** @description Seconds since the start of the process. */
            uptime: number;
        };
        StillQuarantined: {
            /** @example needs 8 bytes at offset 20, 3 are left */
            detail: string;
            /** @example 350612345678901 */
            imei: string;
            /** @example 1207 */
            quarantineId: string;
            /** @example TRUNCATED */
            reason: string;
        };
        /** @description Records of a device. The values are those of the newest one by the clock of the device. */
        TelemetryEvent: {
            /**
             * @description The id of the event, the same in every attempt and replay.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /**
             * Format: date-time
             * @description When the gateway received the first of the records.
             * @example 2026-11-23T12:00:00.000Z
             */
            firstReceivedAt: string;
            /**
             * @description The device.
             * @example 350612345678901
             */
            imei: string;
            /**
             * Format: date-time
             * @description When the gateway received the last of them.
             * @example 2026-11-23T12:00:00.000Z
             */
            lastReceivedAt: string;
            /**
             * @description Values of known elements by their names, raw.
             * @example {
             *       "external_voltage": 12345
             *     }
             */
            latestAttributes: {
                [key: string]: number | string;
            } | null;
            /** @description Position of the newest record; null when retention has deleted it. */
            latestGps: {
                /**
                 * @description Metres.
                 * @example 120
                 */
                altitude: number;
                /**
                 * @description Degrees from north.
                 * @example 90
                 */
                angle: number;
                /** @description At least one satellite was in use. If false, the coordinates are the last known ones, or null when there are none. */
                fix: boolean;
                /**
                 * @description Degrees.
                 * @example 54.6872
                 */
                latitude: number | null;
                /**
                 * @description Degrees.
                 * @example 54.6872
                 */
                longitude: number | null;
                /**
                 * @description Satellites in use.
                 * @example 9
                 */
                satellites: number;
                /**
                 * @description Kilometres per hour.
                 * @example 42
                 */
                speed: number;
            } | null;
            /**
             * @description Values of all other elements by their AVL ids, raw; null when there are none.
             * @example {
             *       "10": 3
             *     }
             */
            latestIo: Record<string, never> | null;
            /**
             * Format: date-time
             * @description The time of the newest record.
             * @example 2026-11-23T12:00:00.000Z
             */
            latestTimestamp: string;
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-11-23T12:00:00.000Z
             */
            occurredAt: string;
            /**
             * @description How many records this event stands for.
             * @example 12
             */
            recordCount: number;
            /** @description Every record, oldest first. Present with WEBHOOK_TELEMETRY_RECORDS=all. */
            records?: {
                /**
                 * @description Values of known elements by their names, raw.
                 * @example {
                 *       "external_voltage": 12345
                 *     }
                 */
                attributes: {
                    [key: string]: number | string;
                };
                /**
                 * @description The AVL id of the element that caused the record; 0 when none did.
                 * @example 0
                 */
                eventIoId: number;
                /** @description Position of a record. */
                gps: {
                    /**
                     * @description Metres.
                     * @example 120
                     */
                    altitude: number;
                    /**
                     * @description Degrees from north.
                     * @example 90
                     */
                    angle: number;
                    /** @description At least one satellite was in use. If false, the coordinates are the last known ones, or null when there are none. */
                    fix: boolean;
                    /**
                     * @description Degrees.
                     * @example 54.6872
                     */
                    latitude: number | null;
                    /**
                     * @description Degrees.
                     * @example 54.6872
                     */
                    longitude: number | null;
                    /**
                     * @description Satellites in use.
                     * @example 9
                     */
                    satellites: number;
                    /**
                     * @description Kilometres per hour.
                     * @example 42
                     */
                    speed: number;
                };
                /**
                 * @description Values of all other elements by their AVL ids, raw; null when there are none.
                 * @example {
                 *       "10": 3
                 *     }
                 */
                io: Record<string, never> | null;
                /**
                 * @description 0 low, 1 high, 2 panic.
                 * @example 0
                 */
                priority: number;
                /**
                 * Format: date-time
                 * @description When the gateway received it.
                 * @example 2026-11-23T12:00:00.000Z
                 */
                receivedAt: string;
                /**
                 * Format: date-time
                 * @description The time of the device.
                 * @example 2026-11-23T12:00:00.000Z
                 */
                timestamp: string;
            }[];
            /**
             * @description How many of the records `records` does not list because more than WEBHOOK_TELEMETRY_MAX_RECORDS waited for the host. They are stored.
             * @example 3
             */
            recordsLeftOut?: number;
            /**
             * @description The number of the event within its device, without gaps.
             * @example 7
             */
            sequence: number;
            /**
             * @description The type of the event.
             * @constant
             */
            type: "telemetry";
        };
        TelemetryHistory: {
            count: number;
            /** @example 350612345678901 */
            imei: string;
            /**
             * @description Pass it as `cursor` to get the next page. Null: this is the last page.
             * @example newest_2026-11-23T12:00:00.123Z_-1
             */
            nextCursor: string | null;
            records: components["schemas"]["TelemetryRecord"][];
            success: boolean;
        };
        TelemetryLatest: {
            /** @example 350612345678901 */
            imei: string;
            record: components["schemas"]["TelemetryRecord"];
            success: boolean;
        };
        TelemetryRecord: {
            /** @description Metres. */
            altitude: number;
            /** @description Degrees clockwise from north. */
            angle: number;
            /**
             * @description view=raw: raw values by column name, those that the record has. view=position: `gnss_status` and `sleep_mode` of them.
             * @example {
             *       "external_voltage": 12843,
             *       "movement": 1
             *     }
             */
            attributes?: {
                [key: string]: unknown;
            };
            /** @description view=scaled: every attribute with name, unit and multiplied value. */
            elements?: components["schemas"]["ScaledElement"][];
            /** @description The AVL id whose change made the device write this record, 0 for a periodic one. */
            eventIoId: number;
            /** @description Codec 16 only. */
            generationType: number | null;
            /**
             * @description view=raw: raw values by AVL id, of attributes that have no column or did not fit it. The JSON type follows the id. An id that occurs
             *     several times in the record has an array of all its values here, and the last one in its column. `widths` has the bytes on the wire of ids
             *     whose width does not fit the dictionary.
             * @example {
             *       "24": 17
             *     }
             */
            io?: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description When the device recorded it, by its own clock.
             */
            iotTimestamp: string;
            /**
             * @description Degrees, seven decimals at most.
             * @example 54.6872
             */
            latitude: number;
            /**
             * @description Degrees, seven decimals at most.
             * @example 25.2797
             */
            longitude: number;
            /** @description 0: low, 1: high, 2: panic. */
            priority: number;
            /** @description 0 means no fix: the coordinates are the last known ones. */
            satellites: number;
            /** @description km/h. */
            speed: number;
            /**
             * Format: date-time
             * @description When the gateway received it.
             */
            timestamp: string;
        };
        TracedBytesAnswer: {
            /** @description The oldest first. */
            chunks: components["schemas"]["TracedChunk"][];
            success: boolean;
            trace: components["schemas"]["DeviceTrace"];
        };
        TracedChunk: {
            /** Format: date-time */
            at: string;
            /** @example b3a1f0de-6d1f-4f0e-9a3e-0a4d1c5e7f20 */
            connectionId: string;
            /**
             * @description `in`: from the device.
             * @enum {string}
             */
            direction: "in" | "out";
            /**
             * @description Its first 1,536 bytes. The log has all of them.
             * @example 000f333536333037303432343431303133
             */
            hex: string;
            /**
             * @description Which instance has received or sent it.
             * @example iot-broker-7c9f4:1
             */
            instance: string;
            /** @description Counts the chunks of all traced devices of that instance. */
            number: number;
            /** @example 198.51.100.7 */
            remoteAddress: string;
            /** @description Bytes of the whole chunk. */
            size: number;
        };
        UnknownDevice: {
            /** @description Logins that were refused. */
            attempts: number;
            /** Format: date-time */
            firstSeen: string;
            /** @example 350612345678901 */
            imei: string;
            /**
             * @description Address of the last login.
             * @example 198.51.100.7
             */
            lastAddress: string;
            /** Format: date-time */
            lastSeen: string;
        };
        UnknownDeviceList: {
            count: number;
            devices: components["schemas"]["UnknownDevice"][];
            /** @example 350612345678901 */
            nextCursor: string | null;
            success: boolean;
        };
        WebhookEvent: {
            attempts: number;
            /** @description What a webhook delivers; of a failed command, its entry. Null for a telemetry event that has not been delivered or read, and still grows. */
            body: components["schemas"]["CommandCompletedEvent"] | components["schemas"]["CommandFailedEvent"] | components["schemas"]["CommandRetriedEvent"] | components["schemas"]["CommandPostponedEvent"] | components["schemas"]["TelemetryEvent"] | components["schemas"]["DeviceMessageEvent"] | components["schemas"]["DeviceConnectedEvent"] | components["schemas"]["DeviceDisconnectedEvent"] | null;
            /** Format: date-time */
            deadAt: string | null;
            /** Format: date-time */
            deliveredAt: string | null;
            /**
             * @description The `webhook-id` of the event when it is delivered alone.
             * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
             */
            eventId: string;
            /** @example 350612345678901 */
            imei: string;
            /**
             * Format: date-time
             * @description While it is pending.
             */
            nextAttemptAt: string | null;
            /** @example 2026-11-23T12:00:00.000Z */
            occurredAt: string;
            /** @description Of a telemetry event: how many records it stands for so far. */
            recordCount: number | null;
            /** @description Counts up within the device, without gaps. */
            sequence: number;
            /** @enum {string} */
            state: "pending" | "delivered" | "dead" | "recorded";
            /** @enum {string} */
            type: "command.completed" | "command.failed" | "command.retried" | "command.postponed" | "telemetry" | "device.message" | "device.connected" | "device.disconnected";
        };
        WebhookEventAnswer: {
            attempts: components["schemas"]["DeliveryAttempt"][];
            event: components["schemas"]["WebhookEvent"];
            /** @description Older attempts were left out, because the answer would have become too large. */
            hasOlderAttempts: boolean;
            success: boolean;
        };
        WebhookEventList: {
            count: number;
            events: components["schemas"]["WebhookEvent"][];
            /**
             * @description Give it as `cursor` to get the next page. Null: there is no more.
             * @example 81264_1207
             */
            nextCursor: string | null;
            success: boolean;
        };
        WebhookStatus: {
            /** @description Events that wait to be delivered. */
            backlog: number;
            /** @description Of this instance. */
            circuit: components["schemas"]["Circuit"];
            /** @description Events that were given up, and can be replayed. */
            dead: number;
            /** @description NOTIFICATION_URL is set. */
            delivering: boolean;
            /** @description Of the oldest of them. */
            oldestAgeSeconds: number | null;
            /** @description Requests of this instance in flight. */
            sending: number;
            success: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Action = components['schemas']['Action'];
export type AdmissionFindings = components['schemas']['AdmissionFindings'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type AuditList = components['schemas']['AuditList'];
export type Ban = components['schemas']['Ban'];
export type BulkCommandEntry = components['schemas']['BulkCommandEntry'];
export type BulkCommandResult = components['schemas']['BulkCommandResult'];
export type BulkCommands = components['schemas']['BulkCommands'];
export type BulkCommandsAnswer = components['schemas']['BulkCommandsAnswer'];
export type BulkFailureRequest = components['schemas']['BulkFailureRequest'];
export type BulkRegistered = components['schemas']['BulkRegistered'];
export type BulkRegistration = components['schemas']['BulkRegistration'];
export type Circuit = components['schemas']['Circuit'];
export type Command = components['schemas']['Command'];
export type CommandAccepted = components['schemas']['CommandAccepted'];
export type CommandAnswer = components['schemas']['CommandAnswer'];
export type CommandAttempt = components['schemas']['CommandAttempt'];
export type CommandCancelled = components['schemas']['CommandCancelled'];
export type CommandCatalogue = components['schemas']['CommandCatalogue'];
export type CommandCompletedEvent = components['schemas']['CommandCompletedEvent'];
export type CommandDefinition = components['schemas']['CommandDefinition'];
export type CommandFailedEvent = components['schemas']['CommandFailedEvent'];
export type CommandFindings = components['schemas']['CommandFindings'];
export type CommandList = components['schemas']['CommandList'];
export type CommandPostponedEvent = components['schemas']['CommandPostponedEvent'];
export type CommandRetriedEvent = components['schemas']['CommandRetriedEvent'];
export type CreateCommand = components['schemas']['CreateCommand'];
export type CreateKey = components['schemas']['CreateKey'];
export type DeliveryAttempt = components['schemas']['DeliveryAttempt'];
export type Device = components['schemas']['Device'];
export type DeviceAnswer = components['schemas']['DeviceAnswer'];
export type DeviceConnectedEvent = components['schemas']['DeviceConnectedEvent'];
export type DeviceDisconnectedEvent = components['schemas']['DeviceDisconnectedEvent'];
export type DeviceList = components['schemas']['DeviceList'];
export type DeviceLogEntry = components['schemas']['DeviceLogEntry'];
export type DeviceMessage = components['schemas']['DeviceMessage'];
export type DeviceMessageEvent = components['schemas']['DeviceMessageEvent'];
export type DeviceMessageList = components['schemas']['DeviceMessageList'];
export type DeviceRegistration = components['schemas']['DeviceRegistration'];
export type DeviceRemoved = components['schemas']['DeviceRemoved'];
export type DeviceTrace = components['schemas']['DeviceTrace'];
export type DeviceTraceAnswer = components['schemas']['DeviceTraceAnswer'];
export type DeviceTraceList = components['schemas']['DeviceTraceList'];
export type Diagnosis = components['schemas']['Diagnosis'];
export type ErasedCounts = components['schemas']['ErasedCounts'];
export type Erasure = components['schemas']['Erasure'];
export type ErasureReceipt = components['schemas']['ErasureReceipt'];
export type EventBatchRequest = components['schemas']['EventBatchRequest'];
export type EventFeed = components['schemas']['EventFeed'];
export type FeedEvent = components['schemas']['FeedEvent'];
export type Guard = components['schemas']['Guard'];
export type GuardConditions = components['schemas']['GuardConditions'];
export type GuardFacts = components['schemas']['GuardFacts'];
export type InstanceStats = components['schemas']['InstanceStats'];
export type IoElement = components['schemas']['IoElement'];
export type IoElementList = components['schemas']['IoElementList'];
export type Key = components['schemas']['Key'];
export type KeyAnswer = components['schemas']['KeyAnswer'];
export type KeyList = components['schemas']['KeyList'];
export type KeyMade = components['schemas']['KeyMade'];
export type LatestList = components['schemas']['LatestList'];
export type LatestRecord = components['schemas']['LatestRecord'];
export type LikelyCause = components['schemas']['LikelyCause'];
export type NotErased = components['schemas']['NotErased'];
export type Problem = components['schemas']['Problem'];
export type QuarantineAnswer = components['schemas']['QuarantineAnswer'];
export type QuarantineEntry = components['schemas']['QuarantineEntry'];
export type QuarantineList = components['schemas']['QuarantineList'];
export type QuarantineRetried = components['schemas']['QuarantineRetried'];
export type RecordFindings = components['schemas']['RecordFindings'];
export type RegisteredDevice = components['schemas']['RegisteredDevice'];
export type RegisteredDeviceAnswer = components['schemas']['RegisteredDeviceAnswer'];
export type RegisteredDeviceList = components['schemas']['RegisteredDeviceList'];
export type Registration = components['schemas']['Registration'];
export type Replay = components['schemas']['Replay'];
export type ReplayAccepted = components['schemas']['ReplayAccepted'];
export type RetryQuarantine = components['schemas']['RetryQuarantine'];
export type Rewind = components['schemas']['Rewind'];
export type ScaledElement = components['schemas']['ScaledElement'];
export type Sink = components['schemas']['Sink'];
export type SinkAnswer = components['schemas']['SinkAnswer'];
export type SinkList = components['schemas']['SinkList'];
export type StartTrace = components['schemas']['StartTrace'];
export type Stats = components['schemas']['Stats'];
export type StillQuarantined = components['schemas']['StillQuarantined'];
export type TelemetryEvent = components['schemas']['TelemetryEvent'];
export type TelemetryHistory = components['schemas']['TelemetryHistory'];
export type TelemetryLatest = components['schemas']['TelemetryLatest'];
export type TelemetryRecord = components['schemas']['TelemetryRecord'];
export type TracedBytesAnswer = components['schemas']['TracedBytesAnswer'];
export type TracedChunk = components['schemas']['TracedChunk'];
export type UnknownDevice = components['schemas']['UnknownDevice'];
export type UnknownDeviceList = components['schemas']['UnknownDeviceList'];
export type WebhookEvent = components['schemas']['WebhookEvent'];
export type WebhookEventAnswer = components['schemas']['WebhookEventAnswer'];
export type WebhookEventList = components['schemas']['WebhookEventList'];
export type WebhookStatus = components['schemas']['WebhookStatus'];
export type $defs = Record<string, never>;
export interface operations {
    listAuditEntries: {
        parameters: {
            query?: {
                /** @description What was done. */
                action?: string;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description Done at this time or later, ISO 8601 or Unix milliseconds. */
                from?: string | number;
                /** @description About one device only. */
                imei?: string;
                /** @description Name or number of a key. */
                key?: string;
                /** @description Entries a page. */
                limit?: number;
                /** @description Done before this time. */
                to?: string | number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendCommand: {
        parameters: {
            query?: never;
            header?: {
                /** @description For 24 hours, the same key and request give the same command back, another request 409. Belongs to the API key that sends it. */
                "Idempotency-Key"?: string;
                /** @description wait=N (RFC 7240): answers when the command has ended, or after N seconds, at most 30. See docs/guides/commands.md. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCommand"];
            };
        };
        responses: {
            /** @description The device is connected */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAccepted"];
                };
            };
            /** @description The device is not connected; the command waits for it */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAccepted"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCommandCatalogue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandCatalogue"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCommands: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description Created at this time or later, ISO 8601 or Unix milliseconds. */
                from?: string | number;
                /** @description Of one device only. */
                imei?: string;
                /** @description Commands a page. */
                limit?: number;
                /** @description Why they failed. */
                reason?: "expired" | "unconfirmed" | "rejected" | "superseded" | "cancelled" | "unrecognised" | "guard";
                /** @description How they stand. */
                status?: "PENDING" | "COMPLETED" | "FAILED";
                /** @description Created before this time. */
                to?: string | number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendCommands: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkCommands"];
            };
        };
        responses: {
            /** @description Every entry has been decided: see results */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkCommandsAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCommand: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `commandLogId` of a command. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelCommand: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `commandLogId` of a command. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandCancelled"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDevices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportDeviceData: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    eraseDeviceData: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    diagnoseDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diagnosis"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeviceMessages: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description Messages a page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceMessageList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTelemetryHistory: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous page. Keep the other parameters unchanged. */
                cursor?: string;
                /** @description Records from this device time on, ISO 8601 or Unix milliseconds. */
                from?: string | number;
                /** @description Records per page. */
                limit?: number;
                /** @description Order of the records by device time. */
                order?: "newest" | "oldest";
                /** @description Records before this device time. */
                to?: string | number;
                /** @description `raw` as the device sent them, by column name; `scaled` with names, units and multiplied values. */
                view?: "raw" | "scaled";
            };
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of records, or with another `Accept` a stream of all records of the range. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": {
                        features: {
                            [key: string]: unknown;
                        }[];
                        /** @enum {string} */
                        type: "FeatureCollection";
                    };
                    "application/json": components["schemas"]["TelemetryHistory"];
                    "text/csv": string;
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTelemetryTrack: {
        parameters: {
            query: {
                /** @description The day in UTC. */
                date: string;
            };
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A GPX document with one track. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/gpx+xml": string;
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLatestTelemetry: {
        parameters: {
            query?: {
                /** @description `raw` as the device sent them, by column name; `scaled` with names, units and multiplied values. */
                view?: "raw" | "scaled";
            };
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TelemetryLatest"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the last answer. Not given: from the oldest event that is kept. */
                after?: string;
                /** @description Events an answer. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventFeed"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listIoElements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IoElementList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateKey"];
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyMade"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description keyId */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeviceTraces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceTraceList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeviceTrace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceTraceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startDeviceTrace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StartTrace"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceTraceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopDeviceTrace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceTraceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTracedBytes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TracedBytesAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listQuarantineEntries: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous response. */
                cursor?: string;
                /** @description First received at this time or later, ISO 8601 or Unix milliseconds. */
                from?: string | number;
                /** @description Limits the result to one device. */
                imei?: string;
                /** @description Entries per page. A page ends earlier when its bytes reach 1 MiB. */
                limit?: number;
                /** @description Error code for which they were quarantined. */
                reason?: string;
                /** @description First received before this time. */
                to?: string | number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getQuarantineEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `quarantineId` of an entry. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryQuarantineEntries: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryQuarantine"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineRetried"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRegisteredDevices: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Devices per page. */
                limit?: number;
                /** @description Only devices with this status. */
                status?: "registered" | "banned";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDeviceList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    registerDevices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRegistration"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkRegistered"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRegisteredDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDeviceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    registerDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDeviceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeRegisteredDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceRemoved"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    banDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Ban"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDeviceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unbanDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 15 digits. */
                imei: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDeviceAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SinkList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseSink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SinkAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeSink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SinkAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rewindSink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Rewind"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SinkAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description Begin behind this event: the `id` of a message, or `nextCursor` of the feed. The header `Last-Event-ID` takes its place. */
                after?: string;
                /**
                 * @description `now`: events that are committed after the request. `cursor`: those behind `after`, or from the oldest that is kept. Not given: `cursor` with
                 *     `after`, else `now`.
                 */
                from?: "now" | "cursor";
                /** @description Events of these devices only: given several times, or separated by commas; at most 500. */
                imei?: string[];
                /** @description Events of these types only: given several times, or separated by commas. */
                type?: ("command.completed" | "command.failed" | "command.retried" | "command.postponed" | "telemetry" | "device.message" | "device.connected" | "device.disconnected")[];
            };
            header?: {
                /** @description The `id` of the last message that was received. It takes the place of `after` and `from`; browsers send it. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. It ends when the client disconnects, reads too slowly, or its key is revoked or its session ends, and when the instance stops. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLatestTelemetry: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous page. Keep the other parameters unchanged. */
                cursor?: string;
                /** @description Up to 1,000 IMEIs, separated by commas. Without it: all devices with records, page by page. */
                imeis?: string;
                /** @description Devices per page. Without effect when `imeis` is given. */
                limit?: number;
                /** @description `raw` as the device sent them, by column name; `scaled` with names, units and multiplied values; `position` for maps: of the attributes only `gnss_status` and `sleep_mode`, which say why a record has no satellites. */
                view?: "raw" | "scaled" | "position";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LatestList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUnknownDevices: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Devices per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnknownDeviceList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhookEvents: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description Occurred at this time or later, ISO 8601 or Unix milliseconds. */
                from?: string | number;
                /** @description Of one device only. */
                imei?: string;
                /** @description Events a page. */
                limit?: number;
                /** @description `recorded`: for the feed only, not delivered. */
                state?: "pending" | "delivered" | "dead" | "recorded";
                /** @description Occurred before this time. */
                to?: string | number;
                /** @description What happened. */
                type?: "command.completed" | "command.failed" | "command.retried" | "command.postponed" | "telemetry" | "device.message" | "device.connected" | "device.disconnected";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEventList"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhookEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `eventId` of an event. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEventAnswer"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayWebhookEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `eventId` of an event. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayAccepted"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayWebhookEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayAccepted"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhookStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookStatus"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Health Check is successful */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "database": {
                         *         "status": "up",
                         *         "responseTime": 12
                         *       }
                         *     }
                         */
                        details?: {
                            [key: string]: {
                                /** @description Time the health indicator took to respond, in ms */
                                responseTime?: number;
                                /** @enum {string} */
                                status: "up" | "degraded" | "down";
                            } & {
                                [key: string]: unknown;
                            };
                        };
                        /** @example {} */
                        error?: {
                            [key: string]: {
                                /** @description Time the health indicator took to respond, in ms */
                                responseTime?: number;
                                /** @enum {string} */
                                status: "up" | "degraded" | "down";
                            } & {
                                [key: string]: unknown;
                            };
                        } | null;
                        /**
                         * @example {
                         *       "database": {
                         *         "status": "up",
                         *         "responseTime": 12
                         *       }
                         *     }
                         */
                        info?: {
                            [key: string]: {
                                /** @description Time the health indicator took to respond, in ms */
                                responseTime?: number;
                                /** @enum {string} */
                                status: "up" | "degraded" | "down";
                            } & {
                                [key: string]: unknown;
                            };
                        } | null;
                        /**
                         * @example ok
                         * @enum {string}
                         */
                        status?: "ok" | "degraded";
                    };
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Health Check is successful */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "database": {
                         *         "status": "up",
                         *         "responseTime": 12
                         *       }
                         *     }
                         */
                        details?: {
                            [key: string]: {
                                /** @description Time the health indicator took to respond, in ms */
                                responseTime?: number;
                                /** @enum {string} */
                                status: "up" | "degraded" | "down";
                            } & {
                                [key: string]: unknown;
                            };
                        };
                        /** @example {} */
                        error?: {
                            [key: string]: {
                                /** @description Time the health indicator took to respond, in ms */
                                responseTime?: number;
                                /** @enum {string} */
                                status: "up" | "degraded" | "down";
                            } & {
                                [key: string]: unknown;
                            };
                        } | null;
                        /**
                         * @example {
                         *       "database": {
                         *         "status": "up",
                         *         "responseTime": 12
                         *       }
                         *     }
                         */
                        info?: {
                            [key: string]: {
                                /** @description Time the health indicator took to respond, in ms */
                                responseTime?: number;
                                /** @enum {string} */
                                status: "up" | "degraded" | "down";
                            } & {
                                [key: string]: unknown;
                            };
                        } | null;
                        /**
                         * @example ok
                         * @enum {string}
                         */
                        status?: "ok" | "degraded";
                    };
                };
            };
        };
    };
    receiveEventBatch: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventBatchRequest"];
            };
        };
        responses: {
            /** @description Delivered, but for the events that the answer wants to have again: `{"results":[{"eventId":"evt_...","status":"retry"}]}`. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The events are sent again, each in a request of its own. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveCommandCompletedEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandCompletedEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveCommandFailedEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkFailureRequest"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveCommandPostponedEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandPostponedEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveCommandRetriedEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandRetriedEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveDeviceConnectedEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceConnectedEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveDeviceDisconnectedEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceDisconnectedEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveDeviceMessageEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceMessageEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveTelemetryEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the event or the batch. It is the same in every attempt.
                 * @example evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52
                 */
                "webhook-id": string;
                /**
                 * @description One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.
                 * @example v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                 */
                "webhook-signature"?: string;
                /**
                 * @description The time of this attempt, in Unix seconds.
                 * @example 1795435200
                 */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TelemetryEvent"];
            };
        };
        responses: {
            /** @description Delivered. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is given up at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}

/** The error codes that the document names. */
export type DocumentedErrorCode =
  | 'COMMAND_NOT_FOUND'
  | 'CURSOR_EXPIRED'
  | 'DATABASE_UNAVAILABLE'
  | 'DEVICE_NOT_CONNECTED'
  | 'DEVICE_NOT_REGISTERED'
  | 'DEVICE_UNKNOWN'
  | 'EVENTS_NOT_RECORDED'
  | 'EVENT_NOT_FOUND'
  | 'FORBIDDEN_SCOPE'
  | 'GUARD_NOT_MET'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVALID_INPUT'
  | 'INVALID_PARAMS'
  | 'KEY_NAME_TAKEN'
  | 'KEY_NOT_FOUND'
  | 'METADATA_TOO_LARGE'
  | 'NOT_ACCEPTABLE'
  | 'NOT_CANCELLABLE'
  | 'NO_TELEMETRY'
  | 'PAYLOAD_TOO_LARGE'
  | 'QUARANTINE_ENTRY_NOT_FOUND'
  | 'RATE_LIMITED'
  | 'ROUTE_NOT_FOUND'
  | 'SINK_NOT_FOUND'
  | 'STOPPING'
  | 'TOO_MANY_EXPORTS'
  | 'TOO_MANY_KEYS'
  | 'TOO_MANY_OPEN_COMMANDS'
  | 'TOO_MANY_STREAMS'
  | 'TOO_MANY_TRACES'
  | 'UNAUTHORIZED'
  | 'UNKNOWN_ACTION'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'WEBHOOKS_DISABLED';
