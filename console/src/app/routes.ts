import { type ComponentType } from 'preact';
import { type ScreenProps } from './screen-props.js';
import { type Scope } from './session.js';
import { type IconName } from '../ui/icon.js';

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
    pattern: '/',
    title: 'Fleet',
    icon: 'fleet',
    scope: 'read',
    load: async () => (await import('../screens/fleet/fleet-screen.js')).FleetScreen,
  },
  {
    pattern: '/devices',
    title: 'Devices',
    icon: 'devices',
    scope: 'read',
    load: async () => (await import('../screens/devices/devices-screen.js')).DevicesScreen,
  },
  {
    pattern: '/devices/:imei',
    title: 'Device',
    scope: 'read',
    load: async () => (await import('../screens/device/device-screen.js')).DeviceScreen,
  },
  {
    pattern: '/commands',
    title: 'Commands',
    icon: 'commands',
    scope: 'read',
    load: async () => (await import('../screens/commands/commands-screen.js')).CommandsScreen,
  },
  {
    pattern: '/commands/:id',
    title: 'Command',
    scope: 'read',
    load: async () => (await import('../screens/commands/command-screen.js')).CommandScreen,
  },
  {
    pattern: '/events',
    title: 'Events',
    icon: 'events',
    scope: 'read',
    load: async () => (await import('../screens/events/events-screen.js')).EventsScreen,
  },
  {
    pattern: '/events/:id',
    title: 'Event',
    scope: 'read',
    load: async () => (await import('../screens/events/event-screen.js')).EventScreen,
  },
  {
    pattern: '/access',
    title: 'Access',
    icon: 'access',
    scope: 'admin',
    load: async () => (await import('../screens/access/access-screen.js')).AccessScreen,
  },
  {
    pattern: '/connect',
    title: 'Connect',
    icon: 'connect',
    scope: 'read',
    load: async () => (await import('../screens/connect/connect-screen.js')).ConnectScreen,
  },
  {
    pattern: '/system',
    title: 'System',
    icon: 'system',
    scope: 'read',
    load: async () => (await import('../screens/system/system-screen.js')).SystemScreen,
  },
];
