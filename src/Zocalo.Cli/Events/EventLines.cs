using System.Text.Json.Serialization;

namespace Zocalo.Cli;

// The events of --json, one record each; `zocalo connect --help` names them. A field that does not apply is left out.

internal sealed record ListeningLine(string Event, string Address, string Reach, string Engine);

internal sealed record LimitsLine(
    string Event, int? Connections, bool Lowered, string? LoweredBy, double? WriteStallSeconds, string? Frame, int? MaxFrameLength);

internal sealed record ConnectedLine(string Event, long Id, string Side, string Local, string Remote, string Engine);

internal sealed record ClosedLine(
    string Event, long Id, string Local, string Remote, string Reason, string Input, string Output,
    long BytesIn, long BytesOut, string? Deadline, string? SocketError, string? Problem);

internal sealed record FrameLine(string Event, long? Id, string? Way, long Number, int Bytes, long? Offset, DateTimeOffset? Time);

internal sealed record DrainingLine(string Event, int Connections, double LimitSeconds);

internal sealed record DroppedLine(string Event, long Count);

internal sealed record LogLine(string Event, string Level, string Message);

internal sealed record ErrorLine(string Event, string Message, int ExitCode, string? SocketError);

/// <summary>Written at compile time: no reflection, so the tool starts fast and can be trimmed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ListeningLine))]
[JsonSerializable(typeof(LimitsLine))]
[JsonSerializable(typeof(ConnectedLine))]
[JsonSerializable(typeof(ClosedLine))]
[JsonSerializable(typeof(FrameLine))]
[JsonSerializable(typeof(DrainingLine))]
[JsonSerializable(typeof(DroppedLine))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(ErrorLine))]
internal sealed partial class EventJson : JsonSerializerContext;
