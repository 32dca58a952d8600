namespace Insula.Ingresses.Model;

/// <summary>What is spoken to pods, as the Service port's appProtocol says.</summary>
public enum BackendProtocol
{
    /// <summary>HTTP/1.1, which may become a WebSocket.</summary>
    Http,

    /// <summary>HTTP/2 without TLS, as gRPC has it.</summary>
    Http2,

    /// <summary>HTTP/1.1 in TLS; the pod's certificate is not checked.</summary>
    Https,
}
