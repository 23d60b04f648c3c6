namespace Zocalo.Testing.Network;

/// <summary>Whose operations let others go first: each draws by itself.</summary>
internal enum YieldsOf
{
    Client,
    Server,
    Connect,
    Accept,
}
