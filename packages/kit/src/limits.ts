/**
 * Every bound of the system, in one place, with its unit in its name.
 *
 * Each queue, buffer, table, retry and wait has its limit here. A limit that users may want to change is
 * the default of a configuration key; the key is named in the comment.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

export const limits = {
  // HTTP front: what one client may send.
  /** `gateway.limits.requestBytes` */
  requestBodyBytesMax: 4 * MIB,
  requestBodyTimeoutMs: 30 * SECOND_MS,
  /** Nesting of a request's JSON. Checked on the bytes, before they are parsed. */
  jsonDepthMax: 64,
  headerValueBytesMax: 8 * KIB,
  uriBytesMax: 8 * KIB,
  /** JSON-RPC batches exist in revision 2025-03-26 only. */
  batchMessagesMax: 100,
  requestIdBytesMax: 1 * KIB,

  // HTTP front: streams and connections.
  httpIdleTimeoutS: 30,
  /** Of the process' file descriptors, for open requests; the rest is for the link, files, and refusing. */
  descriptorShareMax: 0.8,
  /** Re-armed by each write; twice this without a successful write ends a reader that does not read. */
  streamIdleTimeoutS: 120,
  streamHeartbeatMs: 15 * SECOND_MS,
  /** Streams that are written to in one turn of the event loop, when the same is told to all. */
  sliceMax: 128,
  /** The 202 to a call of HTTP+SSE may wait this long for the call's answer to go out first. */
  acceptanceWaitMs: 10,
  /** A call without a first answer for this long turns into an event stream, which can be kept alive. */
  replyAsStreamAfterMs: 10 * SECOND_MS,
  /** A request of the stateless revision that takes longer is cancelled when its client goes away. */
  connectionWatchAfterMs: 20,
  /** Bytes waiting for one client stream before droppable messages are dropped, then the stream is closed. */
  outboxBytesMax: 1 * MIB,
  /** A single reply larger than the outbox is still sent, up to this size. */
  replyBytesMax: 64 * MIB,
  /** Answers that a session's client was given and has not read, and those of all: beyond it, an error in their place. */
  unreadBytesPerSessionMax: 64 * MIB,
  unreadBytesMax: 256 * MIB,
  /** Answers up to this size go out all the same. */
  unreadSmallBytes: 16 * KIB,
  resumeEventsMax: 256,
  resumeBytesMax: 2 * MIB,
  /** What is kept of all streams together; beyond it the stream that was quiet longest loses what it kept. */
  resumeBytesAllMax: 128 * MIB,
  /** How long a stream that has ended can still be asked for again. */
  resumeFinishedMsMax: 2 * MINUTE_MS,
  streamRetryMs: 1 * SECOND_MS,

  // Sessions.
  /** `gateway.limits.sessions` */
  sessionsMax: 20_000,
  /** `gateway.limits.sessionIdleMs`; a session with an open stream is not idle. */
  sessionIdleMs: 30 * MINUTE_MS,
  sessionSweepMs: 15 * SECOND_MS,
  /** A session that was initialised but sends nothing at all. */
  sessionUnusedMs: 5 * MINUTE_MS,
  callsPerSessionMax: 256,
  streamsPerSessionMax: 32,
  subscriptionsPerSessionMax: 1_024,
  /** Rounds of questions one call to a stateless backend may take, and questions of one round. */
  inputRoundsMax: 16,
  inputQuestionsMax: 32,
  /** Tasks of all sessions whose owner is remembered; the oldest are forgotten. */
  tasksMax: 65_536,
  /** Of a watched task, so that what comes on two listens is told once. */
  taskStatesRememberedMax: 32,
  /** A listen at a server is opened anew this long after what is watched has changed; the old one ends later. */
  listenGatherMs: 25,
  listenOverlapMs: 250,
  /** Of `tasks/list`: tasks that are asked for at their servers at the same time. */
  tasksAskedAtOnceMax: 32,
  /** An id of a task as clients of the stateless revision know it: sealed, and repeated in a header. */
  taskIdCharsMax: 4_096,
  /** URL elicitations whose completion can still be told to the client that was shown the URL. */
  elicitationsRememberedMax: 4_096,

  /** How long `initialize` on a server's own face waits for that server to come up. */
  initializeWaitMs: 20 * SECOND_MS,
  initializePollMs: 50,
  instructionsCharactersMax: 16 * KIB,

  // Stateless revision.
  /** Calls that wait for their client to come back with answers, and for how long: people answer some of them. */
  parkedCallsMax: 1_024,
  parkedCallMsMax: 10 * MINUTE_MS,
  /** On a pipe that clients share and where no question names its call; and before another's question ends it. */
  parkedPipeMsMax: 2 * MINUTE_MS,
  parkedYieldMs: 30 * SECOND_MS,
  /** Questions of one call that are open at once. */
  inputRequestsMax: 32,
  /** Questions that a backend asks within this time are put to the client together. */
  inputGatherMs: 15,
  requestStateCharsMax: 4 * KIB,
  /** Resources of one listener that servers are asked to tell of at the same time. */
  listenSubscribesAtOnceMax: 32,
  /** How long clients may keep a list without asking again; changes are told to those who listen. */
  listTtlMs: 5 * SECOND_MS,

  // Calls.
  /** `timeoutMs` of a server entry. */
  callTimeoutMs: 10 * MINUTE_MS,
  callTimeoutMsMax: 24 * 60 * MINUTE_MS,
  callsInFlightMax: 65_536,
  /** Silence of a backend after which the gateway itself tells a client that asked for progress. */
  progressKeepAliveMs: 20 * SECOND_MS,
  /** How often calls are looked over for time-outs; a call costs no timer of its own. */
  callSweepMs: 500,

  // Catalogue: what one backend may list.
  listTimeoutMs: 30 * SECOND_MS,
  listPagesMax: 200,
  listItemsMax: 10_000,
  listBytesMax: 32 * MIB,
  /** Several changes within this time make one refresh and one `list_changed`. */
  listChangedDebounceMs: 50,
  listChangedDelayMsMax: 250,
  /** How long the lists of a backend that went away are kept, so that a quick restart changes nothing. */
  listGoneGraceMs: 5 * SECOND_MS,
  /** In this first time after its start the gateway lets list requests wait for backends that are coming up. */
  firstListsWaitMs: 3 * SECOND_MS,
  /** The last known lists, kept on disk: how soon they are written, how long they count, how much there may be. */
  knownListsSaveMs: 1 * SECOND_MS,
  knownListsMsMax: 30 * 24 * 60 * MINUTE_MS,
  knownListsBytesMax: 16 * MIB,
  listRetryMsMin: 1 * SECOND_MS,
  listRetryMsMax: 30 * SECOND_MS,

  // Names and URIs.
  /** The strictest clients and model APIs take no longer tool name. */
  exposedNameCharsMax: 64,
  uriTemplateCharsMax: 8 * KIB,
  /** Parts of a URI template times characters of a URI: a costlier match is refused, it takes milliseconds. */
  uriMatchStepsMax: 400_000,

  // Link between gateway and supervisor.
  frameBytesMax: 80 * MIB,
  /** Left free on both sides of a payload that is received in pieces: an id or some members of a result fit in. */
  frameRoomBytes: 1_024,
  controlFrameBytesMax: 16 * MIB,
  linkQueueBytesHigh: 16 * MIB,
  linkQueueBytesMax: 128 * MIB,
  /** Memory that supervisor and gateway share for large replies; only what is touched is had. */
  ringBytes: 16 * MIB,
  /** Smaller replies are quicker over the socket. */
  ringPayloadBytesMin: 64 * KIB,
  linkHelloTimeoutMs: 5 * SECOND_MS,
  linkRetryMsMin: 50,
  linkRetryMsMax: 2 * SECOND_MS,
  linkHeartbeatMs: 2 * SECOND_MS,
  linkSilenceMsMax: 10 * SECOND_MS,
  linksMax: 64,
  unixSocketPathBytesMax: 107,

  // Backends: messages.
  /** Longest line or event from a backend. A longer one is dropped and its call fails. */
  backendMessageBytesMax: 64 * MIB,
  /** How much of the beginning of an oversized line is kept for the log. */
  oversizedHeadBytes: 4 * KIB,
  /** More oversized messages than this within a minute restart the backend. */
  backendOversizedPerMinuteMax: 3,
  /** Bytes waiting to be read by a backend. Above it new calls fail at once. */
  backendInputBytesMax: 4 * MIB,
  backendStalledMs: 30 * SECOND_MS,
  backendCallsInFlightMax: 16_384,
  backendNotificationsPerSecondMax: 10_000,
  /** Requests of a backend to its client that wait for an answer. */
  backendReverseInFlightMax: 1_024,
  cancelReasonCharsMax: 500,
  /** Dropped output of a backend is told to the log at most this often, with this much of its beginning. */
  backendNoiseLogEveryMs: 1 * MINUTE_MS,
  backendNoiseLogCharsMax: 200,

  // Backends: HTTP.
  /** Bytes of messages whose POST has no answer yet. HTTP has no pipe that fills up. */
  backendHttpInputBytesMax: 64 * MIB,
  backendRedirectsMax: 3,
  /** How much of a refusal's body is read, and how much of it is shown. */
  backendErrorBodyBytesMax: 64 * KIB,
  backendErrorBodyCharsMax: 200,
  /** Time for a refusal's body to arrive, and for a message that later ones wait for to be accepted. */
  backendHttpSettleMs: 5 * SECOND_MS,
  /** Event streams that ended are opened again with growing delays; a server's `retry` replaces the first. */
  backendStreamRetryMsMin: 1 * SECOND_MS,
  backendStreamRetryMsMax: 30 * SECOND_MS,
  /** Attempts in a row that bring nothing new before a broken stream is given up. */
  backendStreamRetriesMax: 8,
  stderrLineBytesMax: 8 * KIB,
  stderrTailLinesMax: 50,
  stderrLinesPerSecondMax: 500,

  // Backends: signing in (OAuth).
  /** One answer of an authorization server, or metadata: all of it, and the time for it. */
  signInBodyBytesMax: 256 * KIB,
  signInRequestMs: 10 * SECOND_MS,
  /** One step of a sign-in, which can be several requests; shorter than a quiet connection may last. */
  signInStepMs: 25 * SECOND_MS,
  /** How long a person may take in the browser. */
  signInPersonMs: 10 * MINUTE_MS,
  /** Sign-ins of one server that wait for their person; the oldest gives way. */
  signInsWaitingMax: 8,
  /** What a server says in WWW-Authenticate, and what it sends back through the browser. */
  signInChallengeCharsMax: 8 * KIB,
  signInCallbackCharsMax: 16 * KIB,
  signInScopesMax: 256,
  signInFileBytesMax: 1 * MIB,
  /** A token is renewed this long before it expires, or after this share of a short life. */
  signInRenewBeforeMs: 1 * MINUTE_MS,
  signInRenewShare: 0.8,
  /** A token that was refused this soon after it was renewed is not renewed again. */
  signInRenewEveryMsMin: 10 * SECOND_MS,
  /** Between two renewals, however short the life of a token is said to be. */
  signInRenewGapMs: 1 * SECOND_MS,
  /** After a renewal that failed for a reason that may pass. */
  signInRetryMsMin: 2 * SECOND_MS,
  signInRetryMsMax: 5 * MINUTE_MS,
  signInErrorCharsMax: 200,

  // Backends: connections of one client session's own.
  backendInstancesMax: 64,
  /** Of all backends together. */
  instancesMax: 256,
  /** One that nobody called for this long is ended; how often that is looked at. */
  instanceIdleMs: 10 * MINUTE_MS,
  instanceIdleCheckMs: 1 * MINUTE_MS,

  // Backends: which era of the protocol they speak.
  /** For an answer to the question; silence is taken for a server of the session era. */
  eraProbeTimeoutMs: 5 * SECOND_MS,
  /** After this time a server is asked again, because it may have learned the newer revision. */
  eraVerdictMsMax: 7 * 24 * 60 * MINUTE_MS,
  eraVerdictsMax: 1_000,
  eraFileBytesMax: 1 * MIB,
  /** HTTP headers that one call may carry to a stateless server. */
  callHeadersMax: 64,
  callHeadersBytesMax: 32 * KIB,

  // Backends: lifecycle.
  backendsMax: 1_000,
  backendStartsAtOnceMax: 8,
  /** So many while the first clients of a new start come for their lists, which are known already; then all of the above. */
  backendStartsAtOnceFirstMax: 2,
  backendStartsFirstMs: 100,
  /** A start counts among those at once until its first output, and at most this long. */
  backendStartSlotMsMax: 2 * SECOND_MS,
  /** `startupTimeoutMs` of a server entry: from launch to an answered handshake. */
  startupTimeoutMs: 60 * SECOND_MS,
  startupTimeoutMsMax: 60 * MINUTE_MS,
  startupProbeEveryMs: 100,
  startupProbeTimeoutMs: 5 * SECOND_MS,
  handshakeTimeoutMs: 30 * SECOND_MS,
  /** After a server forgot the session: for other messages on their way to hear the same; for a new session. */
  sessionLostGatherMs: 200,
  sessionLostRetryMs: 10 * SECOND_MS,
  restartDelayMsMin: 250,
  restartDelayMsMax: 30 * SECOND_MS,
  restartJitterRatio: 0.2,
  /** A backend that stays ready this long starts again from the shortest delay. */
  restartHealthyMs: 60 * SECOND_MS,
  /** This many starts within the window, and the backend is `failed` until asked for or slowly retried. */
  restartsInWindowMax: 5,
  restartWindowMs: 60 * SECOND_MS,
  restartFailedEveryMs: 5 * MINUTE_MS,
  /** Between closing stdin and SIGTERM, and between SIGTERM and SIGKILL. */
  stopInputGraceMs: 1 * SECOND_MS,
  stopTermGraceMs: 4 * SECOND_MS,
  /** How often a process tree that was told to end is looked at. */
  stopPollMs: 25,
  /** Looking for processes that left their group: kill, look again, until none is found. */
  sweepRoundsMax: 40,
  sweepPauseMs: 10,
  /** A process that was started this moment has no environment yet: how often, and in what distance, it is looked at again. */
  processStartLooksMax: 20,
  processStartLookMs: 1,
  /** For `ps` and `taskkill`, where the system has no better way. */
  processToolTimeoutMs: 5 * SECOND_MS,
  /** Input goes to a program in pieces of this size, so that what it has not read is known. */
  backendInputPieceBytes: 64 * KIB,
  /** Asked of the system for each socket of the link and of a child; it may give less. */
  socketSendBufferBytes: 1 * MIB,
  /** Between a process's exit and the end of its output, and the other way round. */
  exitOutputGraceMs: 1 * SECOND_MS,
  /** The first ping after the handshake shows whether a backend answers pings at all. */
  pingFirstMs: 1 * SECOND_MS,
  pingEveryMs: 30 * SECOND_MS,
  pingTimeoutMs: 20 * SECOND_MS,

  // Launcher.
  /** Ends within the window before all is given up, times the number of processes. */
  restartsPerProcessMax: 5,
  processRestartWindowMs: 60 * SECOND_MS,
  shutdownDrainMs: 3 * SECOND_MS,
  shutdownMsMax: 10 * SECOND_MS,
  /** The end of `shutdownMsMax`, kept for killing what did not end by itself. */
  shutdownKillMs: 1.5 * SECOND_MS,
  /** Before a process that ended is started again; doubles with each end within the window. */
  processRestartDelayMsMin: 50,
  processRestartDelayMsMax: 5 * SECOND_MS,
  /** A terminal and `bun run` both pass one Ctrl-C on: what comes within this time is the same one. */
  signalRepeatMs: 300,
  /** An end that takes longer is said to be under way. */
  stopSilentMs: 1 * SECOND_MS,
  /** A second signal ends everything within this time. */
  forcedStopMsMax: 500,
  /** How soon the file that says where the gateway listens is made again when it was removed. */
  runFileCheckMs: 2 * SECOND_MS,
  ancestorsCheckEveryMs: 1 * SECOND_MS,
  ancestorsMax: 8,

  // systemd, in place of the launcher.
  /** How often it is told how things are. Its watchdog is told at least three times in the time it waits. */
  serviceTellEveryMs: 2 * SECOND_MS,
  serviceTellCoalesceMs: 100,
  /** A process whose event loop has not turned for this long is ended and started again. */
  serviceWatchdogMs: 30 * SECOND_MS,
  serviceStartMsMax: 60 * SECOND_MS,
  /** Before a process that ended is started again. */
  serviceRestartDelayMs: 500,
  /** What systemd waits beyond `shutdownMsMax` before it kills. */
  serviceStopSlackMs: 5 * SECOND_MS,
  /** For `systemctl` and its kin, which wait for starts and stops. */
  serviceToolTimeoutMs: 90 * SECOND_MS,
  /** Lines of the journal that are shown when a service did not start. */
  serviceJournalLinesMax: 12,
  /** How long an installation waits for the servers, so that what it shows is how things are. */
  serviceSettleMsMax: 5 * SECOND_MS,

  // Workers: several gateway processes behind one address.
  /** `gateway.workers`; each takes two of `linksMax` at the supervisor, and as many while it is replaced. */
  workersMax: 16,
  /** How long a worker waits for the others, or for the address, before it calls the address taken. */
  workerAddressWaitMs: 2 * SECOND_MS,
  workerPollMs: 25,
  /** A connection at the wrong worker is closed with every so many requests of a session that are handed over … */
  relaysPerClosing: 4,
  /** … and so many times for each session; and for so many sessions at once it is counted. */
  relayClosingsMax: 32,
  relaySessionsMax: 4_096,
  /** For an answer about the worker itself; one that does not answer is left out of the sums. */
  workerReportTimeoutMs: 1 * SECOND_MS,

  // Command line.
  cliRequestTimeoutMs: 3 * SECOND_MS,
  /** To tell the gateway that a call was given up; the person waits for it. */
  cliCancelTimeoutMs: 1 * SECOND_MS,
  cliWatchEveryMs: 1 * SECOND_MS,
  cliRestartPollMs: 200,
  cliRestartWaitMsMax: 90 * SECOND_MS,
  cliLogPollMs: 250,
  cliLogLinesMax: 100_000,
  cliLogChunkBytes: 64 * KIB,
  cliReplyBytesMax: 64 * MIB,
  /** `gateway login` tries this port for the browser's way back before it takes any free one. */
  cliCallbackPort: 9010,
  cliSignInTimeoutMs: 28 * SECOND_MS,

  // Gateway's console.
  /** Tools, and servers, listed in the start panel. */
  consoleLinesMax: 40,
  /** Tools that are shown even where the window has no room for them beside addresses and faults. */
  consoleToolsMin: 4,
  /** Names of resources and prompts in one line. */
  consoleNamesMax: 8,
  /** Of a program that ended: what it said itself. */
  consoleStderrLines: 2,
  /** Clients that come and go make at most one line in this time. */
  consoleSessionsEveryMs: 5 * SECOND_MS,

  // Console.
  consoleCoalesceMs: 100,
  /** After this time the console is opened even if there is no news. */
  consoleOpenMsMax: 1 * SECOND_MS,

  // Configuration.
  /** `${A:-${B:-…}}`: defaults within defaults. */
  configDefaultsDepthMax: 8,
  configBytesMax: 8 * MIB,
  configFaultsMax: 100,
  /** A file named by `${file:…}` holds one value. */
  configValueFileBytesMax: 64 * KIB,
  configValueFileTimeoutMs: 5 * SECOND_MS,
  configReadTimeoutMs: 10 * SECOND_MS,
  serverNameCharactersMax: 64,
  /** The range of `gateway.limits.requestBytes`: a larger request would not fit into a frame. */
  requestBodyBytesFloor: 1 * KIB,
  requestBodyBytesCeiling: 64 * MIB,
  /** The range of `gateway.limits.sessions` begins at 1. */
  sessionsCeiling: 1_000_000,
  /** The range of `gateway.limits.sessionIdleMs`. */
  sessionIdleMsFloor: 1 * SECOND_MS,
  sessionIdleMsCeiling: 7 * 24 * 60 * MINUTE_MS,
  configReloadDebounceMs: 100,
  /** A folder that can't be watched is tried again, and looked at, this often. */
  configWatchRetryMs: 2 * SECOND_MS,

  // Logs.
  logFileBytesMax: 16 * MIB,
  logFilesMax: 20,
  logBufferBytesMax: 256 * KIB,
  logFlushMs: 100,
  logLineBytesMax: 16 * KIB,

  // Built-in servers that run commands.
  /** `--timeout-ms`: a call that names no `timeoutMs`. */
  shellTimeoutMs: 2 * MINUTE_MS,
  /** `--timeout-ms-max`: what a call may ask for. */
  shellTimeoutMsMax: 60 * MINUTE_MS,
  /** A timer's own bound is near 24.8 days; what the two options above may be set to. */
  shellTimeoutMsCeiling: 24 * 60 * MINUTE_MS,
  /** `--output-bytes`: what is kept of each of stdout and stderr, half from the head, half from the tail. */
  shellOutputBytesMax: 200 * KIB,
  shellOutputBytesFloor: 1 * KIB,
  shellOutputBytesCeiling: 8 * MIB,
  /** `--calls`: commands that run at once; further calls wait. */
  shellCallsMax: 16,
  shellCallsCeiling: 256,
  shellCallsWaitingMax: 1_024,
  /** Linux takes no longer single argument (MAX_ARG_STRLEN is 128 KiB with its NUL). */
  shellCommandBytesMax: 128 * KIB - 1,
  shellEnvironmentEntriesMax: 1_024,
  /** Between SIGTERM and SIGKILL for a command that ran out of time or was cancelled. */
  shellTermGraceMs: 1 * SECOND_MS,
  /** The same when the server itself ends. The whole end stays below `stopInputGraceMs`. */
  shellEndTermGraceMs: 150,
  shellEndMsMax: 800,
  /** Looks for what is left in the last moment of a server that could not end in order. */
  shellLastLooksMax: 3,
  shellKillPollMs: 10,
  shellKillRoundsMax: 100,
  /** After the command's own exit, for output that is still in the pipe. */
  shellOutputGraceMs: 100,
  shellProgressEveryMs: 250,
  /** A silent command still shows its client that it lives. */
  shellProgressSilenceMs: 5 * SECOND_MS,
  shellProgressBytesMax: 2 * KIB,

  // The built-in server `wmi`.
  /** `limit` of a call that names none. */
  wmiRowsMax: 100,
  wmiRowsCeiling: 10_000,
  wmiPropertiesMax: 256,
  wmiFilterCharactersMax: 4_096,
  wmiFilterDepthMax: 32,

  // Built-in servers: what their policy bounds.
  /** Entries of one list: `--allow`, `--deny`, `--cwd-within`, `--env-pass`, `--env-block`, `--writable`. */
  shellPolicyEntriesMax: 256,
  /** Commands found in one command line before it counts as unreadable; and how deep they may be nested. */
  shellPolicyCommandsMax: 4_096,
  shellPolicyDepthMax: 16,
  /** How long the check that a command can be started as the policy demands may take, at the server's start. */
  shellPolicyProbeMs: 5 * SECOND_MS,
  /** `--audit-bytes`: a full audit file is followed by the next one. */
  shellAuditBytesMax: 16 * MIB,
  shellAuditBytesFloor: 64 * KIB,
  shellAuditBytesCeiling: 1024 * MIB,
  /** `--audit-files`: full ones that are kept beside the one being written. */
  shellAuditFilesMax: 5,
  shellAuditFilesCeiling: 100,
  shellAuditReasonCharsMax: 300,
  /** How often, and in what distance, the end of an audit file is looked at before its last line counts as cut off. */
  shellAuditTornLooks: 5,
  shellAuditTornLookMs: 2,

  // Built-in server bash: sessions and jobs.
  /** `--sessions`: shells that live at once; 0 takes the tool away. */
  shellSessionsMax: 8,
  shellSessionsCeiling: 64,
  /** `--session-idle-ms`: a session without a call for this long is closed. */
  shellSessionIdleMs: 30 * MINUTE_MS,
  shellSessionIdleMsFloor: 100,
  shellSessionIdleMsCeiling: 24 * 60 * MINUTE_MS,
  shellSessionStartMs: 10 * SECOND_MS,
  /** Between interrupting a run, killing what it started, and killing the shell. */
  shellSessionInterruptGraceMs: 1 * SECOND_MS,
  shellSessionKillGraceMs: 500,
  /** Output of background processes between two runs of a session. */
  shellSessionEarlierBytesMax: 16 * KIB,
  /** Sessions that ended, and jobs that ended, about which something can still be said. */
  shellSessionsEndedMax: 64,
  /** `--jobs`: jobs that run at once; 0 takes the tool away. */
  shellJobsMax: 16,
  shellJobsCeiling: 256,
  shellJobsEndedMax: 32,
  /** `--job-ms`: a job still running after this long is ended. */
  shellJobMs: 24 * 60 * MINUTE_MS,
  /** `--job-output-bytes`: the newest output of a job that is kept. */
  shellJobOutputBytesMax: 1 * MIB,
  /** Output of a job in one answer. */
  shellJobReadBytesMax: 64 * KIB,
  shellJobWaitMs: 30 * SECOND_MS,
  shellJobWaitMsMax: 10 * MINUTE_MS,
  shellNameCharsMax: 64,

  /** After this time a process's own start is over, and the code that it alone needed is given back. */
  startCodeReleaseMs: 1 * SECOND_MS,
  /** And after this one also what backends that came up later needed. */
  startCodeReleaseAgainMs: 15 * SECOND_MS,

  // Bundles that make programs start fast.
  bundleBuildMsMax: 60 * SECOND_MS,
  /** Folders and manifests of sets of one name that are kept, of all installations and versions of Bun. */
  bundlesMax: 16,
} as const;
