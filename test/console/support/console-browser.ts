import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { API_KEY } from '../../support/gateway.js';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Nothing but what the page does: no updates, no first run, no QUIC. WebGL in software, for the map. */
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
];
const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where screenshots are put, to be looked at. */
const SCREENSHOTS = fileURLToPath(new URL('../../../dist/console-screenshots/', import.meta.url));

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
}

/** What a test expects a page to do that is a fault otherwise. */
export interface Expected {
  /** That the page may ask beside its own. */
  readonly origins?: readonly string[];
  /** Of what it logs as an error. */
  readonly errors?: RegExp;
}

/** The sizes and themes in which every screen has to be usable. */
export const VIEWS: readonly Required<View>[] = [
  { width: 1440, height: 900, theme: 'light' },
  { width: 1440, height: 900, theme: 'dark' },
  { width: 390, height: 844, theme: 'light' },
  { width: 390, height: 844, theme: 'dark' },
];

/** One Chromium for a test file. */
export class ConsoleBrowser {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(await chromium.launch({ executablePath: EXECUTABLE, headless: true, args: FLAGS }));
  }

  stop(): Promise<void> {
    return this.browser.close();
  }

  /** A new tab with cookies of its own. */
  async open(
    gatewayUrl: string,
    { width = 1440, height = 900, theme = 'light' }: View = {},
    expected: Expected = {},
  ): Promise<ConsolePage> {
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    });
    return ConsolePage.of(context, gatewayUrl, `${width}-${theme}`, expected);
  }
}

/** A tab with the console. What it must never do is collected: `close` fails when there was any. */
export class ConsolePage {
  private readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly gatewayUrl: string,
    private readonly view: string,
    private readonly expected: Expected,
  ) {}

  static async of(context: BrowserContext, gatewayUrl: string, view: string, expected: Expected): Promise<ConsolePage> {
    const page = await context.newPage();
    const console = new ConsolePage(page, context, gatewayUrl, view, expected);
    await console.watch();
    return console;
  }

  /** @param path below /console: `/devices` */
  async goto(path = '/'): Promise<void> {
    await this.page.goto(`${this.gatewayUrl}/console${path}`);
  }

  /** By the form, as a person does. */
  async signIn(key = API_KEY): Promise<void> {
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async openSignedIn(path = '/', key = API_KEY): Promise<void> {
    await this.goto(path);
    await this.signIn(key);
    await this.page.getByRole('navigation', { name: 'Screens' }).waitFor();
  }

  /** Rules that the page breaks, one line for each element. Empty is what a test expects. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(AXE_SOURCE);
    const violations = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
      return (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations;
    });
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`));
  }

  /** For people to look at: dist/console-screenshots/NAME-WIDTH-THEME.png. */
  async screenshot(name: string): Promise<void> {
    const path = join(SCREENSHOTS, `${name}-${this.view}.png`);
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path, fullPage: true });
  }

  /** Whether something is wider than the window. */
  scrollsSideways(): Promise<boolean> {
    return this.page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  }

  /** Throws when the page has asked another origin, has broken its content policy, or has failed. */
  async close(): Promise<void> {
    await this.context.close();
    if (this.faults.length > 0) {
      throw new Error(`The console has done what it must not:\n${this.faults.join('\n')}`);
    }
  }

  private async watch(): Promise<void> {
    const { origins = [], errors } = this.expected;
    const allowed = [new URL(this.gatewayUrl).origin, ...origins];
    await this.context.route(
      (url) => !allowed.includes(url.origin) && !['data:', 'blob:', 'about:'].includes(url.protocol),
      (route) => {
        this.faults.push(`asked another origin: ${route.request().url()}`);
        return route.abort();
      },
    );
    this.page.on('pageerror', (error) => this.faults.push(`failed: ${error.stack ?? error.message}`));
    this.page.on('console', (message) => {
      // Answers other than a success are part of the tests.
      const isExpected = message.text().startsWith('Failed to load resource') || errors?.test(message.text()) === true;
      if (message.type() === 'error' && !isExpected) {
        this.faults.push(`logged: ${message.text()}`);
      }
    });
  }
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
