import { toast } from './toast.js';

/** Puts a text on the clipboard and says so. Never rejects. */
export async function copyText(text: string, done = 'Copied.'): Promise<void> {
  try {
    // Browsers offer it with TLS and on localhost only.
    await (navigator.clipboard as Clipboard | undefined)?.writeText(text);
    if (navigator.clipboard as Clipboard | undefined) {
      toast(done);
      return;
    }
  } catch {
    // Refused by the browser: the older way is left.
  }
  if (copyBySelection(text)) {
    toast(done);
  } else {
    toast('The browser refuses to copy', 'warning');
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}
