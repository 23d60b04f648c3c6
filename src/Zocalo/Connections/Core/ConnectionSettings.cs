using Microsoft.Extensions.Logging;

namespace Zocalo.Connections;

/// <summary>What connections from one source have in common: all connections of a listener share one object. Immutable.</summary>
/// <param name="Options">The limits.</param>
/// <param name="Logger">Where their events are logged.</param>
/// <param name="Time">Their clock.</param>
/// <param name="Origin">The stack that made them, if the options ask for it.</param>
internal sealed record ConnectionSettings(ConnectionOptions Options, ILogger Logger, TimeProvider Time, string? Origin = null);
