import java.util.ArrayList;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Grants rights on a broker.
 *
 * Usage: java -cp '<kafka jars>' GrantAccess.java BROKERS USER PASSWORD RIGHT..., the user's login being PLAIN without TLS, and each right
 * `principal RESOURCE_TYPE PATTERN_TYPE name OPERATION`.
 */
public final class GrantAccess {
  public static void main(String[] args) throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("security.protocol", "SASL_PLAINTEXT");
    settings.put("sasl.mechanism", "PLAIN");
    settings.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + args[1] + "\" password=\""
            + args[2] + "\";");
    var rights = new ArrayList<AclBinding>();
    for (int place = 3; place < args.length; place++) rights.add(right(args[place].split(" ")));
    try (Admin admin = Admin.create(settings)) {
      admin.createAcls(rights).all().get();
    }
  }

  private static AclBinding right(String[] words) {
    var resource = new ResourcePattern(ResourceType.valueOf(words[1]), words[3], PatternType.valueOf(words[2]));
    var entry =
        new AccessControlEntry("User:" + words[0], "*", AclOperation.valueOf(words[4]), AclPermissionType.ALLOW);
    return new AclBinding(resource, entry);
  }
}
