import { useState } from 'preact/hooks';
import { session } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { copyText } from '../../ui/copy-text.js';
import { TextField } from '../../ui/field.js';
import { Panel } from '../../ui/panel.js';
import { Table } from '../../ui/table.js';

interface Parameter {
  readonly id: string;
  readonly value: string;
  readonly meaning: string;
}

const COLUMNS = [
  { name: 'id', title: 'Parameter', cell: ({ id }: Parameter) => <code>{id}</code>, width: '12ch' },
  { name: 'value', title: 'Value', cell: ({ value }: Parameter) => <span class="strong">{value}</span> },
  { name: 'meaning', title: 'Meaning', isWideOnly: true, cell: ({ meaning }: Parameter) => meaning },
];

/** What to set in a TFT100, for the address that this page was opened at. */
export function DeviceSettings() {
  const { tcp, tls, udp } = session.value!.gateway.devicePorts;
  const [host, setHost] = useState(window.location.hostname);
  const port = String(tcp ?? tls ?? '');
  const usesTls = tcp === null && tls !== null;
  const sms = `  setparam 2004:${host};2005:${port};2006:0;2020:${usesTls ? '1' : '0'}`;
  return (
    <Panel title="Settings of a TFT100">
      <div class="connect">
        <TextField
          label="Address that devices reach this gateway at"
          hint={
            isLocal(host)
              ? 'A device in a mobile network can not reach this address: enter the public name of the gateway.'
              : 'A name or an IP address. A port forwarding may change the port.'
          }
          value={host}
          onValue={setHost}
          autocomplete="off"
          spellcheck={false}
        />
        <Table label="Parameters" columns={COLUMNS} rows={parametersFor(host, port, usesTls)} keyOf={({ id }) => id} />
        <p>In the Teltonika Configurator, or by SMS. The two leading blanks are an empty SMS login and password.</p>
        <div class="connect-sms">
          <pre tabIndex={0} aria-label="Text of the SMS">
            {sms}
          </pre>
          <Button icon="copy" onClick={() => void copyText(sms, 'The text of the SMS was copied.')}>
            Copy
          </Button>
        </div>
        {(tls !== null || udp !== null) && (
          <p class="connect-ports">
            {tls !== null && tcp !== null && `TLS: port ${tls}, with parameter 2020 set to 1. `}
            {udp !== null && `UDP: port ${udp}, with parameter 2006 set to 1.`}
          </p>
        )}
      </div>
    </Panel>
  );
}

function parametersFor(host: string, port: string, usesTls: boolean): readonly Parameter[] {
  return [
    { id: '2004', value: host, meaning: 'server address' },
    { id: '2005', value: port, meaning: 'server port' },
    { id: '2006', value: '0', meaning: 'TCP' },
    { id: '2020', value: usesTls ? '1' : '0', meaning: usesTls ? 'TLS' : 'no TLS' },
    { id: '113', value: '1', meaning: 'codec 8 Extended' },
    { id: '2001–2003', value: 'of your SIM', meaning: 'APN, user and password' },
  ];
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '[::1]';
}
