import { type ApiCall, curlOf } from '../api/call.js';
import { Button } from './button.js';
import { copyText } from './copy-text.js';

/** The call that the screen makes, for a shell. */
export function CopyAsCurl({ call, label = 'curl' }: { readonly call: ApiCall; readonly label?: string }) {
  const text = curlOf(call);
  return (
    <Button
      kind="quiet"
      icon="copy"
      title={text}
      aria-label={`Copy as curl: ${call.method ?? 'GET'} ${call.path}`}
      onClick={() => void copyText(text, 'The command was copied. It reads the key from $IOT_API_KEY.')}
    >
      {label}
    </Button>
  );
}
