import { Body, Controller, Delete, Get, NotFoundException, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '../platform/http/open-api-decorators.js';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Authentication, UnauthorizedError } from '../access/authentication/authentication.js';
import { ForgedSessionError } from '../access/authentication/session-callers.js';
import { Public } from '../access/route-access.decorator.js';
import { SESSION_ROUTE } from '../platform/http/api-route.js';
import { type ConsoleSessionDto, SignInDto } from './console-session.dto.js';
import { ConsoleSettings } from './console.settings.js';
import { GatewayDescription } from './gateway-description.js';
import { ConsoleSessions, type SignedIn } from './sessions/console-sessions.js';

/** Signing in to the console and out of it. Public, because a session is what its requests have, or do not have yet. */
@ApiExcludeController()
@Controller(SESSION_ROUTE)
@Public()
export class ConsoleSessionController {
  constructor(
    private readonly sessions: ConsoleSessions,
    private readonly authentication: Authentication,
    private readonly gateway: GatewayDescription,
    private readonly settings: ConsoleSettings,
  ) {}

  /** Exchanges a key for a cookie. A session that the browser had before is ended. */
  @Post()
  async signIn(
    @Body() { key }: SignInDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConsoleSessionDto> {
    this.requireConsole();
    this.sessions.requireOwnPage(request);
    const caller = await this.authentication.ofKey(key, request);
    if (!caller) {
      throw new UnauthorizedError();
    }
    const before = await this.sessions.tokenOf(request);
    const session = await this.sessions.begin(key, caller, request);
    if (before && before !== 'forged') {
      await this.sessions.end(before, request);
    }
    void reply.header('set-cookie', await this.sessions.cookieHeader(session, request));
    return this.gateway.describe(session);
  }

  /** Who is signed in. Held to the same rules as a request to the API: what is forged is counted. */
  @Get()
  async show(@Req() request: FastifyRequest): Promise<ConsoleSessionDto> {
    this.requireConsole();
    await this.authentication.ofSession(request);
    const session = await this.current(request);
    if (!session) {
      throw new UnauthorizedError();
    }
    return this.gateway.describe(session);
  }

  /** Ends the session: its cookie is worth nothing any more, also where it was copied to. The key may have been revoked meanwhile. */
  @Delete()
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly success: true }> {
    this.requireConsole();
    if (!(await this.sessions.signOut(request))) {
      // Counts what is forged.
      await this.authentication.ofSession(request);
      throw new UnauthorizedError();
    }
    void reply.header('set-cookie', await this.sessions.cookieHeader(null, request));
    return { success: true };
  }

  private async current(request: FastifyRequest): Promise<SignedIn | null> {
    try {
      return await this.sessions.find(request);
    } catch (error) {
      if (error instanceof ForgedSessionError) {
        return null;
      }
      throw error;
    }
  }

  private requireConsole(): void {
    if (!this.settings.CONSOLE_ENABLED) {
      throw new NotFoundException();
    }
  }
}
