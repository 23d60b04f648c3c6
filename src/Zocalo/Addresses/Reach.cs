namespace Zocalo;

/// <summary>Who can reach a listener that is bound to an <see cref="Address"/>.</summary>
public enum Reach
{
    /// <summary>Only programs on this machine: <c>127.0.0.0/8</c>, <c>::1</c>, <c>localhost</c>, and every Unix socket.</summary>
    ThisMachine,

    /// <summary>Every machine that can reach the one interface that has this IP address.</summary>
    OneInterface,

    /// <summary>Every machine that can reach any interface of this one: <c>*</c>, <c>0.0.0.0</c>, <c>::</c>.</summary>
    AnyInterface,

    /// <summary>Not known before the name is resolved.</summary>
    Unknown,
}
