using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Zocalo.Telemetry;

/// <summary>The activities: <c>connect</c> and <c>request</c>. None is made unless a listener wants it.</summary>
internal static class Tracing
{
    private static readonly ActivitySource s_source = new(Instruments.Name);

    /// <summary>Whether a listener may want one. Looked at before anything is made for an activity.</summary>
    internal static bool IsOn => s_source.HasListeners();

    /// <summary>A client connects.</summary>
    internal static Activity? StartConnect(Address address, Engine engine)
    {
        if (s_source.StartActivity("connect", ActivityKind.Client) is not { } activity)
        {
            return null;
        }
        activity.DisplayName = string.Create(CultureInfo.InvariantCulture, $"connect {address}");
        AddTags(activity, address, null, engine);
        return activity;
    }

    /// <summary>It has connected.</summary>
    internal static void SetConnected(this Activity? activity, Address address, EndPoint endPoint, Engine engine)
    {
        if (activity is not null)
        {
            AddTags(activity, address, endPoint, engine);
        }
    }

    /// <summary>A message is sent that has a reply. Who the peer is stands in no tag: it may be a client.</summary>
    /// <param name="connectionId">The number that the log shows.</param>
    /// <param name="local">Our end, for the kind of the network.</param>
    internal static Activity? StartRequest(long connectionId, Address local)
    {
        var activity = s_source.StartActivity("request", ActivityKind.Client);
        activity?.SetTag(MetricTags.Transport, local is UnixAddress ? "unix" : "tcp");
        activity?.SetTag("zocalo.connection.id", connectionId);
        return activity;
    }

    /// <param name="activity">What has failed.</param>
    /// <param name="error">Why.</param>
    /// <param name="type">One word for it; unless it is given, that of the exception.</param>
    internal static void SetFailed(this Activity? activity, Exception error, string? type = null)
    {
        activity?.SetTag(MetricTags.ErrorType, type ?? MetricTags.ErrorOf(error));
        activity?.SetStatus(ActivityStatusCode.Error, error.Message);
    }

    private static void AddTags(Activity activity, Address address, EndPoint? endPoint, Engine engine)
    {
        foreach (var (name, value) in MetricTags.OfClient(address, endPoint, engine))
        {
            activity.SetTag(name, value);
        }
    }
}
