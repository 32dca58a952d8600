using Insula.Api.PodSecurity;
using Insula.Images;
using Insula.Linux.Events;
using Insula.Pods;
using Insula.Store;
using Insulad.Autoscaling;
using Insulad.Balancers;
using Insulad.Configuration;
using Insulad.Disruptions;
using Insulad.Http;
using Insulad.Http.Exec;
using Insulad.Http.Extra;
using Insulad.Http.Logs;
using Insulad.Http.PortForward;
using Insulad.Ingresses;
using Insulad.Metrics;
using Insulad.Nodes;
using Insulad.Policies;
using Insulad.Quotas;
using Insulad.Services;
using Insulad.StaticPods;
using Insulad.Storage;
using Insulad.Workloads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>The generic host with Kestrel on the daemon's Unix sockets.</summary>
internal static class ApiHost
{
    /// <summary>Builds the host around parts that are already running.</summary>
    public static WebApplication Build(DaemonOptions options, ApiParts parts, ILoggerProvider? logging)
    {
        // Without a content root of its own the host would watch the working directory, "/" under systemd, recursively.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = options.Run, ApplicationName = "insulad" });
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        if (logging is not null)
        {
            builder.Logging.AddProvider(logging);
        }

        var services = builder.Services;
        services.Configure<ConsoleLifetimeOptions>(o => o.SuppressStatusMessages = true);
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services.AddSingleton(options);
        services.AddSingleton(parts.Time);
        services.AddSingleton(parts.Store);
        services.AddSingleton(parts.Pods);
        services.AddSingleton(parts.Images);
        services.AddSingleton(parts.Checks);
        services.AddSingleton(parts.Notifier);
        services.AddSingleton(new PeerLimits(options.WatchesPerPeer));
        services.AddSingleton<LogWatcher>();
        services.AddSingleton<ObjectReader>();
        services.AddSingleton(new PodSecurityAdmission(options.PodSecurity, (options.PodSecurityExempt ?? "").Split(',').ToHashSet()));
        services.AddSingleton<PodSecurityStep>();
        services.AddSingleton<PriorityStep>();
        services.AddSingleton<LimitStep>();
        services.AddSingleton<QuotaLedger>();
        services.AddSingleton<IngressClassStep>();
        services.AddSingleton(parts.Services);
        services.AddSingleton<ServiceAllocationStep>();
        services.AddSingleton<ClaimGrowthStep>();
        services.AddSingleton<ObjectWriter>();
        services.AddSingleton<PatchHandler>();
        services.AddSingleton<DeleteHandler>();
        services.AddSingleton<ScaleHandler>();
        services.AddSingleton<EvictionHandler>();
        services.AddSingleton(parts.Collector);
        services.AddSingleton<ImagesHandler>();
        services.AddSingleton<ImageTransferHandler>();
        services.AddSingleton<StatsHandler>();
        services.AddSingleton<TimingsHandler>();
        services.AddSingleton<SystemHandler>();
        services.AddSingleton<ExtraHandler>();
        services.AddSingleton<MetricsHandler>();
        services.AddSingleton<MetricsApiHandler>();
        services.AddSingleton(p => new WatchHandler(p.GetRequiredService<IObjectStore>(), parts.Time, Stopping(p)));
        services.AddSingleton(p => new LogHandler(
            p.GetRequiredService<IObjectStore>(), p.GetRequiredService<IPodService>(), p.GetRequiredService<LogWatcher>(), parts.Time, Stopping(p)));
        services.AddSingleton(p => new ExecHandler(p.GetRequiredService<IObjectStore>(), p.GetRequiredService<IPodService>(), p.GetRequiredService<LogWatcher>(), Stopping(p)));
        services.AddSingleton(p => new PortForwardHandler(p.GetRequiredService<IObjectStore>(), p.GetRequiredService<IPodService>(), Stopping(p)));
        services.AddSingleton<ApiServer>();
        services.AddHostedService<NamespaceController>();
        services.AddHostedService<EventExpiry>();
        services.AddHostedService<IdleMemory>();
        services.AddHostedService<NotifyService>();
        services.AddHostedService<OwnerCollector>();
        services.AddHostedService<WorkloadController>();
        services.AddHostedService<QuotaController>();
        services.AddHostedService<AutoscalerFollower>();
        services.AddSingleton(parts.Drivers);
        services.AddHostedService<VolumeController>();
        services.AddHostedService<IngressController>();
        services.AddSingleton<IHostedService>(p => new StaticPodController(
            parts.Store, p.GetRequiredService<ObjectWriter>(), p.GetRequiredService<DeleteHandler>(), parts.Events, options, parts.Time, p.GetRequiredService<ILogger<StaticPodController>>()));
        services.AddSingleton<IHostedService>(p => new ServiceController(
            parts.Store, parts.Plane, parts.Dns, parts.Health, parts.Departures, options, parts.Time, p.GetRequiredService<ILogger<ServiceController>>()));
        if (parts.Balancers is { } balancers)
        {
            services.AddSingleton<IHostedService>(p => new BalancerController(
                parts.Store, balancers, parts.NodeAddresses, parts.WhenNodeAddressesChange, options, parts.Time, p.GetRequiredService<ILogger<BalancerController>>()));
        }

        if (parts.Policies is { } policies)
        {
            services.AddSingleton<IHostedService>(p => new PolicyController(
                parts.Store, policies, parts.NameServer, parts.Time, p.GetRequiredService<ILogger<PolicyController>>()));
        }

        if (parts is { Node: { } node, Evictions: { } evictions })
        {
            services.AddSingleton<IHostedService>(p => new NodeController(
                parts.Store, node, new EvictionTurns(evictions, parts.Collector, options.Evictions(), parts.ReadMachine, parts.Time, p.GetRequiredService<ILogger<EvictionTurns>>()),
                parts.NetworkTrouble, parts.Events is { } loop ? (happened, ct) => MemoryStall.WatchAsync(loop, happened, ct) : null, options, parts.Time, p.GetRequiredService<ILogger<NodeController>>()));
        }

        if (parts.Firewall is { } firewall)
        {
            services.AddSingleton<IHostedService>(firewall);
        }

        if (parts.Tampering is { } tampering)
        {
            services.AddSingleton<IHostedService>(p => new TamperingEvents(tampering, new ObjectEvents(parts.Store, options, parts.Time), parts.Time, p.GetRequiredService<ILogger<TamperingEvents>>()));
        }

        builder.WebHost.UseKestrelCore();
        services.Configure<KestrelServerOptions>(o => ConfigureServer(o, parts));
        services.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = endpoint => parts.Socket(endpoint));
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30), KeepAliveTimeout = TimeSpan.FromSeconds(30) });
        var server = app.Services.GetRequiredService<ApiServer>();
        app.Run(server.HandleAsync);
        return app;
    }

    private static CancellationToken Stopping(IServiceProvider services) =>
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    private static void ConfigureServer(KestrelServerOptions server, ApiParts parts)
    {
        server.AddServerHeader = false;
        server.AllowSynchronousIO = false;
        server.Limits.MaxRequestBodySize = null;
        server.Limits.MaxRequestHeadersTotalSize = 64 * 1024;

        // A command line of exec travels in the request line.
        server.Limits.MaxRequestLineSize = 256 * 1024;
        server.Limits.MaxRequestBufferSize = 1 << 20;
        server.Limits.MaxConcurrentConnections = 2048;
        foreach (var (socket, readOnly) in parts.Sockets)
        {
            server.ListenHandle((ulong)socket.Socket.Handle, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    Peer.Remember(connection);
                    return next(connection);
                });
                if (readOnly)
                {
                    listen.Use(next => connection =>
                    {
                        connection.Items[ApiServer.ReadOnlyConnection] = true;
                        return next(connection);
                    });
                }
            });
        }

        if (parts.Metrics is { } door)
        {
            server.ListenHandle((ulong)door.Handle, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => OfMetrics(next));
            });
        }
    }

    // Strangers may reach this door: they must not take the connections that the API has for its users.
    private static ConnectionDelegate OfMetrics(ConnectionDelegate next)
    {
        const int MostConnections = 16;
        var open = 0;
        return async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref open) > MostConnections)
                {
                    connection.Abort();
                    return;
                }

                connection.Items[ApiServer.MetricsConnection] = true;
                await next(connection);
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        };
    }
}
