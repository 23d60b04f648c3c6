using Microsoft.Extensions.Logging;

namespace Zocalo.Connections;

/// <summary>What connections that were made in one place have in common: all that a listener accepts share one. Immutable.</summary>
/// <param name="Options">The limits.</param>
/// <param name="Logger">Where their events are logged.</param>
/// <param name="Time">Their clock.</param>
/// <param name="Origin">Where the program made them, if it asked to know.</param>
internal sealed record ConnectionSettings(ConnectionOptions Options, ILogger Logger, TimeProvider Time, string? Origin = null);
