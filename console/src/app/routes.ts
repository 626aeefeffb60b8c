import { type ComponentType } from 'preact';
import { type Scope } from './session.js';
import { type IconName } from '../ui/icon.js';

/** Parameters of the address: of `/devices/:imei` the imei. */
export interface ScreenProps {
  readonly params: Readonly<Record<string, string>>;
}

export interface Route {
  /** Below /console. */
  readonly pattern: string;
  /** Of the document, and of the navigation. */
  readonly title: string;
  /** Only routes with an icon stand in the navigation. */
  readonly icon?: IconName;
  /** Without it the route is not offered, and says why. */
  readonly scope: Scope;
  /** Each screen is a file of its own that is loaded when it is first opened. */
  readonly load: () => Promise<ComponentType<ScreenProps>>;
}

/** Every screen, in the order of the navigation. The first that a key may open is the one of /console/. */
export const routes: readonly Route[] = [
  {
    pattern: '/system',
    title: 'System',
    icon: 'system',
    scope: 'read',
    load: async () => (await import('../screens/system/system-screen.js')).SystemScreen,
  },
];
