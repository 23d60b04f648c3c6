namespace Zocalo.Engines;

/// <summary>A synchronization context of ours: its Post puts the callback on a list, and never runs it, nor anything else of the program's, inside the call.</summary>
internal interface IPostsLater;
