namespace Zocalo;

/// <summary>What a send does when <see cref="MessagingOptions.OutboxCapacity"/> is reached: the peer takes less than it is sent.</summary>
public enum OutboxPolicy
{
    /// <summary>It waits, in the order of the calls.</summary>
    Wait,

    /// <summary>It fails with <see cref="OutboxFullException"/>; nothing of the message is sent.</summary>
    Fail,

    /// <summary>The connection is cut: <see cref="EndReason.LimitExceeded"/>.</summary>
    Disconnect,
}
