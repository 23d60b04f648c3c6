using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Zocalo.Testing.Simulation;

/// <summary>One step of a simulation.</summary>
internal readonly struct WorkItem
{
    private readonly object? _what;
    private readonly object? _state;

    /// <summary>Work of an engine's run queue.</summary>
    internal WorkItem(IThreadPoolWorkItem work) => _what = work;

    /// <summary>A timer that is due.</summary>
    internal WorkItem(QueuedTimer timer) => _what = timer;

    /// <summary>The code after an await.</summary>
    internal WorkItem(SendOrPostCallback callback, object? state) => (_what, _state) = (callback, state);

    /// <summary>Only code that has captured the simulation's context runs with it. All other work runs without a context, so that an await
    /// with <c>ConfigureAwait(false)</c> resumes inside the call that completes it, in the simulation, and not on the thread
    /// pool.</summary>
    internal bool WantsContext => _what is SendOrPostCallback;

    internal void Run()
    {
        switch (_what)
        {
            case SendOrPostCallback callback:
                callback(_state);
                break;
            case QueuedTimer timer:
                timer.Fire();
                break;
            case IThreadPoolWorkItem work:
                work.Execute();
                break;
        }
    }

    /// <summary>The name of the code, as far as it can be found, for the report of an escape.</summary>
    public override string ToString() => _state switch
    {
        Action { Target: { } target } => Name(target.GetType()),
        { } state => Name(state.GetType()),
        null => _what is null ? "none" : Name(_what.GetType()),
    };

    /// <summary>The name of the program's method that has called this assembly.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What was trimmed away is not named.")]
    internal static string NameOf(StackTrace stack)
    {
        var caller = stack.GetFrames().Select(frame => frame.GetMethod()).FirstOrDefault(
            method => method?.Module != typeof(WorkItem).Module);
        return caller?.DeclaringType is not { } type ? "none"
            : type.Name.StartsWith('<') ? Name(type)
            : $"{type.Name}.{caller.Name}";
    }

    private static string Name(Type type)
    {
        // An async method's state machine in its box, AsyncStateMachineBox<TStateMachine>: the method is in the machine's name,
        // <Method>d__7.
        var machine = type.GenericTypeArguments.LastOrDefault(argument => argument.Name.StartsWith('<')) ?? type;
        var owner = machine.DeclaringType;
        while (owner?.DeclaringType is { } outer && owner.Name.StartsWith('<'))
        {
            owner = outer;      // a closure
        }
        // <Method>d__7 of a method, <<Method>b__0>d of a lambda in it, <<Method>g__Local|5>d of a local function.
        var method = machine.Name.TrimStart('<').Split('>')[0];
        var local = machine.Name.Split("g__") is [_, var rest] ? "." + rest.Split('|')[0] : "";
        return machine.Name.StartsWith('<') ? $"{owner?.Name}.{method}{local}" : machine.Name;
    }
}

/// <summary>A step that lets other work run first. The code that awaits it resumes inside it, on the simulation's thread.</summary>
internal sealed class YieldedStep : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource _over = new();

    internal Task Over => _over.Task;

    /// <summary>Completes the step; may be called again.</summary>
    public void Execute() => _over.TrySetResult();
}
