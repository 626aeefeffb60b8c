import { type JSX } from 'preact';
import { Icon, type IconName } from './icon.js';

type ButtonProps = JSX.IntrinsicElements['button'] & {
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: IconName;
  /** Something is under way: it can not be pressed again. */
  readonly isBusy?: boolean;
};

export function Button({ kind = 'plain', icon, isBusy = false, children, type = 'button', disabled, ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} class={`button button-${kind}`} disabled={isBusy || disabled === true} aria-busy={isBusy}>
      {icon && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

/** A button with nothing but an icon. The label is read out, and shown on hover. */
export function IconButton({ icon, label, ...rest }: ButtonProps & { readonly icon: IconName; readonly label: string }) {
  return (
    <button {...rest} type="button" class="button button-quiet button-icon" aria-label={label} title={label}>
      <Icon name={icon} size={18} />
    </button>
  );
}
